import { expect, test } from "vitest";
import type { PartName } from "../evidence/evidence.ts";
import { systemClock } from "../harness/clock.ts";
import { type AnyDrive, CannotDriveError, type Scenario } from "../scenarios/scenario.ts";
import { collect } from "./collect.ts";

/** Creates a scenario that notes what it does. */
const scenario = (
  part: PartName,
  drive: Scenario<AnyDrive>["drive"],
  needs: readonly PartName[] = [],
): Scenario<AnyDrive> => ({
  part,
  title: part,
  titleFor: () => part,
  needs,
  changes: "nothing",
  byHand: () => 0,
  drive,
});

/** Creates a drive that notes its progress, and a condition that a scenario can wait for. */
function prepare() {
  const notes: string[] = [];
  const abort = new AbortController();
  const drive: AnyDrive = {
    signal: abort.signal,
    clock: systemClock,
    begin: (title) => notes.push(`begin ${title}`),
    progress: (message) => notes.push(message),
  };
  return { notes, abort, drive, condition: Promise.withResolvers<string>() };
}

/** Lets the next scenario begin, and ends with what the condition resolves to. */
const waitFor = (condition: Promise<string>) =>
  scenario("slowAnswer", async (_, { letOthersBegin, progress }) => {
    letOthersBegin?.();
    progress("waiting");
    return condition;
  });

test("a scenario that only waits runs at the same time as the next one", async () => {
  const { notes, drive, condition } = prepare();
  const next = scenario("outOfContact", async () => {
    condition.resolve("waited");
    return "next";
  });
  const { parts } = await collect([waitFor(condition.promise), next], drive);
  expect(parts).toEqual({ slowAnswer: "waited", outOfContact: "next" });
  expect(notes).toEqual(["begin slowAnswer", "slowAnswer: waiting", "begin outOfContact"]);
});

test("a scenario waits for the part that it needs", async () => {
  const { drive, condition } = prepare();
  const needing = scenario("backfill", async ({ slowAnswer }) => slowAnswer, ["slowAnswer"]);
  const collecting = collect([waitFor(condition.promise), needing], drive);
  setImmediate(() => condition.resolve("waited"));
  expect((await collecting).parts.backfill).toBe("waited");
});

test("what follows the last scenario begins before the waits end, and does not see their parts", async () => {
  const { notes, drive, condition } = prepare();
  const seen: unknown[] = [];
  await collect([waitFor(condition.promise)], drive, undefined, async ({ parts }) => {
    seen.push(parts);
    setImmediate(() => condition.resolve("waited"));
  });
  expect(seen).toEqual([{}]);
  expect(notes.at(-1)).toBe("begin slowAnswer");
});

test("a wait that fails is reported for its own part", async () => {
  const { drive, condition } = prepare();
  const next = scenario("outOfContact", async () => {
    condition.reject(new CannotDriveError("it never came"));
    return "next";
  });
  const { parts, missing } = await collect([waitFor(condition.promise), next], drive);
  expect(missing).toEqual({ slowAnswer: "it never came" });
  expect(parts).toEqual({ outOfContact: "next" });
});

test("an abort ends the waits and keeps the other parts", async () => {
  const { drive, abort, condition } = prepare();
  const next = scenario("outOfContact", async () => {
    abort.abort();
    condition.reject(abort.signal.reason);
    return "next";
  });
  const { parts, missing } = await collect([waitFor(condition.promise), next], drive);
  expect(missing).toEqual({ slowAnswer: "the run was interrupted" });
  expect(parts).toEqual({ outOfContact: "next" });
});

test("an unexpected error of a wait is thrown", async () => {
  const { drive, condition } = prepare();
  const next = scenario("outOfContact", async () => condition.reject(new Error("a bug")));
  await expect(collect([waitFor(condition.promise), next], drive)).rejects.toThrow("a bug");
});
