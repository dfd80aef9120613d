import { readFile } from "node:fs/promises";
import { deviceSchema, deviceStatusChangedEventSchema } from "@convergint/schemas";
import { describe, expect, test } from "vitest";

interface Observation {
  readonly received_at: string;
  readonly as_of?: string;
  readonly event?: { id: string; time: string; sequence?: string; data: StatusData };
  readonly device?: StatusData & { status_observed_at?: string };
}
interface StatusData {
  readonly status?: string;
  readonly status_reason?: string;
}
interface Sequence {
  readonly name: string;
  readonly observations: readonly Observation[];
  readonly orders: readonly (readonly number[])[];
  readonly final: { status: string; status_reason: string | null; decided_by: number };
}

const { cases } = JSON.parse(
  await readFile(new URL("../../1.0/vectors/event-sequences.json", import.meta.url), "utf8"),
) as { cases: Sequence[] };

/** Returns the moment in nanoseconds since 1970. */
function nanoseconds(time: string): bigint {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

const FIVE_MINUTES = 300n * 1_000_000_000n;

/** Returns the sort key of an observation: moment, sequence, id, as_of. */
function rank({ received_at, as_of = "", event, device }: Observation): readonly (bigint | string)[] {
  const received = nanoseconds(received_at);
  const ordered = (time: string) => {
    const moment = nanoseconds(time);
    return moment > received + FIVE_MINUTES ? received : moment;
  };
  return event
    ? [ordered(event.time), event.sequence ?? "", event.id, 0n]
    : [ordered(device?.status_observed_at ?? as_of), "", "", ordered(as_of)];
}

/** Sorts the observations and returns the last one, which determines the status. */
function findLatest(observations: readonly Observation[]): Observation | undefined {
  const compare = (a: Observation, b: Observation) => {
    const theirs = rank(b);
    const [mine, other] = rank(a)
      .map((part, index) => [part, theirs[index] ?? ""] as const)
      .find(([part, against]) => part !== against) ?? [0n, 0n];
    return mine > other ? 1 : mine < other ? -1 : 0;
  };
  return observations.toSorted(compare).at(-1);
}

describe.each(cases)("$name", ({ observations, orders, final }) => {
  test("results in the same status in every order", () => {
    for (const order of orders) {
      const last = findLatest(order.flatMap((position) => observations[position] ?? []));
      if (last === undefined) return expect.fail("The case has no observations.");
      const { status, status_reason = null } = last.event?.data ?? last.device ?? {};
      expect({ status, status_reason, decided_by: observations.indexOf(last) }).toEqual(final);
    }
  });

  test("has every order, each with all observations", () => {
    const complete = orders.filter(({ length }) => length === observations.length);
    expect(new Set(complete.map(String)).size).toBe([1, 2, 6, 24][observations.length - 1]);
    for (const order of orders) expect(new Set(order).size).toBe(observations.length);
  });

  test("has a different, valid status in each observation", () => {
    for (const { event, device } of observations) {
      if (event) expect(deviceStatusChangedEventSchema.safeParse(event).error).toBeUndefined();
      else expect(deviceSchema.safeParse(device).error).toBeUndefined();
    }
    const others = observations.filter((_, position) => position !== final.decided_by);
    expect(others.map(({ event, device }) => (event?.data ?? device)?.status)).not.toContain(final.status);
  });
});
