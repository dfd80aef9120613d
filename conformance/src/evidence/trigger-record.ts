import { z } from "zod";
import type { EvidenceRecord } from "./evidence.ts";
import { summarizeWindow } from "./observation.ts";
import { isSuccess } from "./read.ts";

const count = z.int().min(0);

/**
 * How the devices of a run changed, best means first: through sandbox control, with `--trigger-cmd`, by a
 * person, or by themselves while the suite only observed.
 */
export const triggerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.enum(["sandbox", "command", "person"]),
    changes: count.meta({ description: "Number of status changes that the suite or a person made." }),
    devices: count.meta({ description: "Number of devices that were changed." }),
  }),
  z.strictObject({
    kind: z.literal("observed"),
    changes: count.meta({ description: "Number of status changes that the suite observed." }),
    types: count.meta({ description: "Number of device types that changed." }),
    hours: z.number().min(0).meta({ description: "Length of the observation in hours." }),
  }),
]);

/** How the devices of a run changed, with counts. */
export type TriggerRecord = z.infer<typeof triggerSchema>;

/** A means by which devices change during a run. */
export type TriggerKind = TriggerRecord["kind"];

/**
 * Returns how the devices of a run changed; `null` if none changed. Bundles of earlier versions do not say it,
 * so it is then derived from the changes of the health profile.
 */
export function triggerOf({
  trigger,
  record,
}: {
  readonly trigger?: TriggerRecord | undefined;
  readonly record: EvidenceRecord;
}): TriggerRecord | null {
  const { observation, discovery } = record.parts;
  if (observation && discovery) {
    const { changes, types, hours } = summarizeWindow(observation, discovery.manifest);
    return { kind: "observed", changes, types: types.length, hours };
  }
  if (trigger) return trigger;
  const all = record.parts.health?.changes ?? [];
  if (all.length === 0) return null;
  const made = all.filter(({ command }) => isSuccess(command));
  return {
    kind: all.some(({ command }) => command.request.method === "TRIGGER") ? "command" : "sandbox",
    changes: made.length,
    devices: new Set(made.map(({ deviceId }) => deviceId)).size,
  };
}

const MEANS = {
  sandbox: "sandbox control",
  command: "--trigger-cmd",
  person: "a person",
} as const;

const plural = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Describes how the devices of a run changed, such as `14 changes of 2 devices by a person`. */
export function describeTrigger(trigger: TriggerRecord): string {
  const changes = plural(trigger.changes, "change");
  return trigger.kind === "observed"
    ? `observed: ${changes} of ${plural(trigger.types, "type")} in ${Number(trigger.hours.toFixed(1))} h`
    : `${changes} of ${plural(trigger.devices, "device")} by ${MEANS[trigger.kind]}`;
}
