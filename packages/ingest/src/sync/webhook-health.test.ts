import { describe, expect, test } from "vitest";
import { missingSince } from "./backfill.ts";
import { syncWaitSeconds } from "./sync-wait.ts";
import { webhookHealth } from "./webhook-health.ts";

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 23, 9, minutes)).toISOString();

describe("webhooks of an integration that was made at 9:00 and may be silent for 15 minutes", () => {
  const judge = (
    now: number,
    { taken = null, refused = null }: { taken?: number | null; refused?: number | null } = {},
  ) =>
    webhookHealth(
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
    ["are well at first", 10, {}, "ok"],
    ["are silent when none has come for 15 minutes", 16, {}, "silent"],
    ["are well while they come", 40, { taken: 30 }, "ok"],
    ["are silent when they stop", 46, { taken: 30 }, "silent"],
    ["are refused when they come and none is taken for 2 minutes", 34, { taken: 30, refused: 33 }, "refused"],
    ["are well when one is refused among those that are taken", 31, { taken: 30, refused: 30.5 }, "ok"],
    ["are well again when one is taken after a refusal", 41, { taken: 40, refused: 33 }, "ok"],
    ["are refused though they never were taken", 5, { refused: 4 }, "refused"],
  ] as const)("%s", (_, now, signs, state) => {
    expect(judge(now, signs)).toBe(state);
  });

  test("are not expected of a vendor that sends none", () => {
    const signs = { silenceSeconds: null, createdAt: at(0), takenAt: null, refusedAt: null };
    expect(webhookHealth(signs, null, at(500)).state).toBe("not_expected");
  });

  test("are so since they became so", () => {
    const signs = { silenceSeconds: 900, createdAt: at(0), takenAt: null, refusedAt: null };
    const first = webhookHealth(signs, null, at(20));
    expect(first.since).toBe(at(20));
    expect(webhookHealth(signs, first, at(30)).since).toBe(at(20));
    expect(webhookHealth({ ...signs, takenAt: at(31) }, first, at(31)).since).toBe(at(31));
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
      syncWaitSeconds({ intervalSeconds: interval, failures, retryAfterSeconds: 0, random });
    expect(by(0.5)).toBeCloseTo(wait);
    expect(by(0)).toBeCloseTo(wait * 0.9);
    expect(by(0.999_999)).toBeCloseTo(wait * 1.1, 0);
  });
});

describe("the wait for the next sync of a vendor that asks for patience", () => {
  test.each([
    ["is as long as it asks", 900, 900],
    ["is no shorter than it would be", 10, 540],
    ["is a day where it asks for years", 1e9, 86_400],
  ])("%s", (_, retryAfterSeconds, wait) => {
    expect(syncWaitSeconds({ intervalSeconds: 300, failures: 1, retryAfterSeconds, random: 0 })).toBe(wait);
  });
});

test("events may be missing since a little before the last webhook that was taken", () => {
  expect(missingSince(at(30))).toBe(at(15));
});
