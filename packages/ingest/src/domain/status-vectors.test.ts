import { readFile } from "node:fs/promises";
import { deviceSchema, deviceStatusChangedEventSchema, timestampSchema } from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import { type Observation, observeEvent, observeSnapshot } from "./observation.ts";
import { mergeObservations } from "./status.ts";

type Reported =
  | { readonly kind: "event"; readonly received_at: string; readonly event: unknown }
  | {
      readonly kind: "snapshot";
      readonly received_at: string;
      readonly as_of: string;
      readonly device: unknown;
    };

interface Sequence {
  readonly name: string;
  readonly observations: readonly Reported[];
  readonly orders: readonly (readonly number[])[];
  readonly final: { readonly status: string; readonly status_reason: string | null; decided_by: number };
}

const { cases } = JSON.parse(
  await readFile(new URL("../../../../spec/1.0/vectors/event-sequences.json", import.meta.url), "utf8"),
) as { cases: Sequence[] };

/** Parses an observation as the server does. */
function toObservation(reported: Reported): Observation {
  const receivedAt = new Date(reported.received_at);
  if (reported.kind === "event")
    return observeEvent(deviceStatusChangedEventSchema.parse(reported.event), receivedAt);
  const { status, ...device } = deviceSchema.parse(reported.device);
  if (!status) return expect.fail("a snapshot without a status is not an observation");
  return observeSnapshot({ ...device, status }, timestampSchema.parse(reported.as_of), receivedAt);
}

test("the file has sequences", () => {
  expect(cases.length).toBeGreaterThan(20);
});

describe.each(cases)("$name", ({ observations, orders, final }) => {
  const all = observations.map(toObservation);

  test.each(orders.map((order) => [order.join(", "), order] as const))("in the order %s", (_, order) => {
    const known = order
      .flatMap((position) => all[position] ?? [])
      .reduce<Observation | null>((current, each) => mergeObservations(current, each), null);
    expect(known?.order).toEqual(all[final.decided_by]?.order);
    expect({ status: known?.status, status_reason: known?.reason }).toEqual({
      status: final.status,
      status_reason: final.status_reason,
    });
  });
});
