import { describe, expect, test } from "vitest";
import { getBackfillStart } from "./backfill.ts";
import { computeSyncWait, judgeWebhooks } from "./due.ts";
import { createTurns, type Turn } from "./turns.ts";

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 23, 9, minutes)).toISOString();

describe("webhooks of an integration created at 9:00 that may be silent for 15 minutes", () => {
  const judge = (
    now: number,
    { taken = null, refused = null }: { taken?: number | null; refused?: number | null } = {},
  ) =>
    judgeWebhooks(
      {
        silenceSeconds: 900,
        createdAt: at(0),
        takenAt: taken === null ? null : at(taken),
        refusedAt: refused === null ? null : at(refused),
      },
      null,
      at(now),
    ).state;
  test.each([
    ["are ok at first", 10, {}, "ok"],
    ["are silent if none has arrived for 15 minutes", 16, {}, "silent"],
    ["are ok while they arrive", 40, { taken: 30 }, "ok"],
    ["are silent when they stop", 46, { taken: 30 }, "silent"],
    [
      "are refused if they arrive and none is accepted for 2 minutes",
      34,
      { taken: 30, refused: 33 },
      "refused",
    ],
    ["are ok if one is refused among accepted ones", 31, { taken: 30, refused: 30.5 }, "ok"],
    ["are ok again after an accepted one", 41, { taken: 40, refused: 33 }, "ok"],
    ["are refused even if none was ever accepted", 5, { refused: 4 }, "refused"],
  ] as const)("%s", (_, now, signs, state) => {
    expect(judge(now, signs)).toBe(state);
  });

  test("are not expected from a vendor that sends none", () => {
    const signs = { silenceSeconds: null, createdAt: at(0), takenAt: null, refusedAt: null };
    expect(judgeWebhooks(signs, null, at(500)).state).toBe("not_expected");
  });

  test("keep the time of the last change of state", () => {
    const signs = { silenceSeconds: 900, createdAt: at(0), takenAt: null, refusedAt: null };
    const first = judgeWebhooks(signs, null, at(20));
    expect(first.since).toBe(at(20));
    expect(judgeWebhooks(signs, first, at(30)).since).toBe(at(20));
    expect(judgeWebhooks({ ...signs, takenAt: at(31) }, first, at(31)).since).toBe(at(31));
  });
});

describe("the wait for the next sync", () => {
  test.each([
    [300, 0, 300],
    [300, 1, 600],
    [300, 3, 2400],
    [300, 4, 3600],
    [300, 1000, 3600],
    [86_400, 5, 86_400],
    [1, 0, 1],
  ])("every %i s, after %i failures: about %i s", (interval, failures, wait) => {
    const by = (random: number) =>
      computeSyncWait({ intervalSeconds: interval, failures, retryAfterSeconds: 0, random });
    expect(by(0.5)).toBeCloseTo(wait);
    expect(by(0)).toBeCloseTo(wait * 0.9);
    expect(by(0.999_999)).toBeCloseTo(wait * 1.1, 0);
  });
});

describe("the wait for the next sync after a Retry-After", () => {
  test.each([
    ["is at least the Retry-After", 900, 900],
    ["is not shorter than the back-off", 10, 540],
    ["is a day if the Retry-After is years", 1e9, 86_400],
  ])("%s", (_, retryAfterSeconds, wait) => {
    expect(computeSyncWait({ intervalSeconds: 300, failures: 1, retryAfterSeconds, random: 0 })).toBe(wait);
  });
});

test("a backfill starts a little before the last accepted webhook", () => {
  expect(getBackfillStart(at(30))).toBe(at(15));
});

const SHARE_MS = 100;

/** Slots, and a list of which jobs hold one. */
function startTurns(slots: number) {
  let now = 0;
  const turns = createTurns(slots, SHARE_MS, () => now);
  const stopping = new AbortController();
  const working = new Set<string>();
  async function take(name: string): Promise<Turn> {
    const turn = await turns.take(stopping.signal);
    working.add(name);
    return {
      async next() {
        working.delete(name);
        await turn.next();
        working.add(name);
      },
      end() {
        working.delete(name);
        turn.end();
      },
    };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    take,
    stopping,
    async working() {
      await settle();
      return [...working];
    },
    spend: (ms: number) => {
      now += ms;
    },
  };
}

describe("polls that take turns", () => {
  test("lets as many jobs work as there are slots, and the others in the order in which they came", async () => {
    const { take, working } = startTurns(2);
    const [a, b] = await Promise.all([take("a"), take("b")]);
    const [c, d] = [take("c"), take("d")];
    expect(await working()).toEqual(["a", "b"]);
    b.end();
    b.end();
    expect(await working()).toEqual(["a", "c"]);
    a.end();
    expect(await working()).toEqual(["c", "d"]);
    for (const turn of await Promise.all([c, d])) turn.end();
    await Promise.all([take("e"), take("f")]);
    expect(await working()).toEqual(["e", "f"]);
  });

  test("puts a job that has used its share at the back of the queue", async () => {
    const { take, working, spend } = startTurns(1);
    const a = await take("a");
    const [b, c] = [take("b"), take("c")];
    await a.next();
    expect(await working()).toEqual(["a"]);
    spend(SHARE_MS);
    const again = a.next();
    expect(await working()).toEqual(["b"]);
    (await b).end();
    expect(await working()).toEqual(["c"]);
    (await c).end();
    await again;
    expect(await working()).toEqual(["a"]);
  });

  test("lets a job work on while no other waits, and after the clock was set back", async () => {
    const { take, working, spend } = startTurns(1);
    const a = await take("a");
    spend(10 * SHARE_MS);
    await a.next();
    const b = take("b");
    expect(await working()).toEqual(["a"]);
    spend(-100 * SHARE_MS);
    void a.next();
    expect(await working()).toEqual(["b"]);
    (await b).end();
    expect(await working()).toEqual(["a"]);
  });

  test("gives no slot to jobs that waited when the signal was aborted", async () => {
    const { take, working, stopping, spend } = startTurns(1);
    const a = await take("a");
    const b = take("b");
    spend(SHARE_MS);
    const again = a.next();
    const holder = await b;
    const c = take("c");
    stopping.abort();
    await again;
    for (const turn of [a, await c, holder]) {
      turn.end();
      await turn.next();
    }
    expect(await working()).toContain("b");
  });
});
