import { contractEventType, type EventFamilyDescriptor, eventFamilies } from "@convergint/schemas";

/** An event for a device to publish, with the members to put into the event's `data`. */
export interface FamilyStep {
  readonly type: string;
  /** Includes every required member whose value the vendor cannot know. */
  readonly data: Readonly<Record<string, unknown>>;
}

type Chain = readonly FamilyStep[];

/** Returns the chains of one family. The member that pairs the events of a chain has a value of this run. */
function chainsOf({ name, sequences, pairedBy }: EventFamilyDescriptor, id: string): readonly Chain[] {
  return sequences.map((sequence) =>
    sequence.map(({ type, data }) => {
      const { device_id: _, ...required } = contractEventType(type)?.sample.required ?? {};
      return { type, data: { ...required, ...data, ...(pairedBy && { [pairedBy]: `${name}-${id}` }) } };
    }),
  );
}

/**
 * Returns the chains of events that one device publishes in order. If the events of a chain have opposites,
 * the chain ends in its initial state.
 */
export const familyChains = (id: string): readonly Chain[] =>
  eventFamilies.filter(({ subject }) => subject === "device").flatMap((family) => chainsOf(family, id));

/** Returns the chains of families whose events affect other devices too, to be run after all others. */
export const orgChains = (id: string): readonly Chain[] =>
  eventFamilies.filter(({ subject }) => subject === "org").flatMap((family) => chainsOf(family, id));
