import { randomBytes } from "node:crypto";
import type { SeededRandom } from "@convergint/internal/seeded-random";
import { contractEventType, type EventFamilyDescriptor, eventFamilies } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { listOf, objectOf } from "../../evidence/read.ts";
import { deviceOfType, takesCommand } from "./sandbox-device.ts";

/** An event for a device to publish, with the members to put into the event's `data`. */
export interface FamilyStep {
  readonly type: string;
  /** Includes every required member whose value the vendor cannot know. */
  readonly data: Readonly<Record<string, unknown>>;
}

type Chain = readonly FamilyStep[];

/**
 * Returns the event sequences of one family. The member that pairs the events of a sequence gets a value that
 * only this run uses.
 */
function chainsOf({ name, sequences, pairedBy }: EventFamilyDescriptor, id: string): readonly Chain[] {
  return sequences.map((sequence) =>
    sequence.map(({ type, data }) => {
      const { device_id: _, ...required } = contractEventType(type)?.sample.required ?? {};
      return { type, data: { ...required, ...data, ...(pairedBy && { [pairedBy]: `${name}-${id}` }) } };
    }),
  );
}

/**
 * Returns an event sequence whose first event a device can publish, with that device; `null` if there is
 * none.
 */
export function findPublishable(
  seen: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  chance: SeededRandom,
): { readonly deviceId: string; readonly steps: Chain } | null {
  const declared = readPostedTypes(seen.discovery.manifest);
  if (!takesCommand(seen.discovery, "events")) return null;
  // The id is random, not derived from the seed, because the vendor may remember ids of an earlier run.
  for (const steps of familyChains(randomBytes(6).toString("hex"))) {
    if (!steps.every(({ type }) => declared.includes(type))) continue;
    for (const deviceType of deviceTypesOf(seen, steps[0]?.type ?? "")) {
      const deviceId = deviceOfType(deviceType, seen.devices, chance);
      if (deviceId !== null) return { deviceId, steps };
    }
  }
  return null;
}

/** Returns the device types that the catalogue lists for an event type. */
export const deviceTypesOf = ({ catalogue }: Pick<Evidence, "catalogue">, type: string): readonly string[] =>
  listOf(objectOf(catalogue.exchange), "data").flatMap((entry) =>
    entry["type"] === type && Array.isArray(entry["device_types"]) ? entry["device_types"].map(String) : [],
  );

/**
 * Returns the event sequences that one device publishes in order. If the events of a sequence have opposites,
 * the sequence ends in its initial state.
 */
export const familyChains = (id: string): readonly Chain[] =>
  eventFamilies.filter(({ subject }) => subject === "device").flatMap((family) => chainsOf(family, id));

/**
 * Returns the event sequences of families whose events affect other devices too. The suite runs these
 * sequences last.
 */
export const orgChains = (id: string): readonly Chain[] =>
  eventFamilies.filter(({ subject }) => subject === "org").flatMap((family) => chainsOf(family, id));
