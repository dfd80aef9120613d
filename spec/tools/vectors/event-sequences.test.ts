import { readFile } from "node:fs/promises";
import { deviceSchema, deviceStatusChangedEventSchema } from "@convergint/schemas";
import { describe, expect, test } from "vitest";

interface Told {
  readonly received_at: string;
  readonly as_of?: string;
  readonly event?: { id: string; time: string; sequence?: string; data: Carried };
  readonly device?: Carried & { status_observed_at?: string };
}
interface Carried {
  readonly status?: string;
  readonly status_reason?: string;
}
interface Sequence {
  readonly name: string;
  readonly observations: readonly Told[];
  readonly orders: readonly (readonly number[])[];
  readonly final: { status: string; status_reason: string | null; decided_by: number };
}

const { cases } = JSON.parse(
  await readFile(new URL("../../1.0/vectors/event-sequences.json", import.meta.url), "utf8"),
) as { cases: Sequence[] };

/** The moment in nanoseconds since 1970. */
function nanoseconds(time: string): bigint {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

const FIVE_MINUTES = 300n * 1_000_000_000n;

/** What an observation is ordered by: moment, sequence, id, as_of. */
function rank({ received_at, as_of = "", event, device }: Told): readonly (bigint | string)[] {
  const received = nanoseconds(received_at);
  const ordered = (time: string) => {
    const moment = nanoseconds(time);
    return moment > received + FIVE_MINUTES ? received : moment;
  };
  return event
    ? [ordered(event.time), event.sequence ?? "", event.id, 0n]
    : [ordered(device?.status_observed_at ?? as_of), "", "", ordered(as_of)];
}

/** All that was told, sorted; the last one is the status. */
function lastOf(told: readonly Told[]): Told | undefined {
  const compare = (a: Told, b: Told) => {
    const theirs = rank(b);
    const [mine, other] = rank(a)
      .map((part, index) => [part, theirs[index] ?? ""] as const)
      .find(([part, against]) => part !== against) ?? [0n, 0n];
    return mine > other ? 1 : mine < other ? -1 : 0;
  };
  return told.toSorted(compare).at(-1);
}

describe.each(cases)("$name", ({ observations, orders, final }) => {
  test("ends in the same status, in whatever order it is told", () => {
    for (const order of orders) {
      const last = lastOf(order.flatMap((position) => observations[position] ?? []));
      if (last === undefined) return expect.fail("Nothing was told.");
      const { status, status_reason = null } = last.event?.data ?? last.device ?? {};
      expect({ status, status_reason, decided_by: observations.indexOf(last) }).toEqual(final);
    }
  });

  test("has every order, and each tells of all", () => {
    const complete = orders.filter(({ length }) => length === observations.length);
    expect(new Set(complete.map(String)).size).toBe([1, 2, 6, 24][observations.length - 1]);
    for (const order of orders) expect(new Set(order).size).toBe(observations.length);
  });

  test("tells another status with each observation, and what the contract calls one", () => {
    for (const { event, device } of observations) {
      if (event) expect(deviceStatusChangedEventSchema.safeParse(event).error).toBeUndefined();
      else expect(deviceSchema.safeParse(device).error).toBeUndefined();
    }
    const others = observations.filter((_, position) => position !== final.decided_by);
    expect(others.map(({ event, device }) => (event?.data ?? device)?.status)).not.toContain(final.status);
  });
});
