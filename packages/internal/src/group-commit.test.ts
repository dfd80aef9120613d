import { describe, expect, test } from "vitest";
import { createGroupCommit } from "./group-commit.ts";

const LIMITS = {
  maxItems: 1024,
  maxBytes: 1024 * 1024,
  maxWaitingItems: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
};

/** A store whose commits end only when the test ends them. */
function heldStore(isFatal: (error: unknown) => boolean = () => false, maxConcurrent = 1) {
  const commits: { rows: readonly string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const group = createGroupCommit<string, string>({
    commit: (rows) =>
      new Promise((resolve, fail) => commits.push({ rows: [...rows], end: () => resolve(rows), fail })),
    isFatal,
    maxConcurrent,
    ...LIMITS,
  });
  return { group, commits };
}

/** A store that rejects certain rows, like a database with constraints. */
function pickyStore(poison: ReadonlySet<string>) {
  const durable: string[] = [];
  const commits: (readonly string[])[] = [];
  const group = createGroupCommit<string, string>({
    commit: async (rows) => {
      commits.push(rows);
      await Promise.resolve();
      if (rows.some((row) => poison.has(row))) throw new Error("poisoned");
      durable.push(...rows);
      return rows;
    },
    isFatal: () => false,
    ...LIMITS,
  });
  return { group, commits, durable };
}

/** Resolves after every pending microtask has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const stateOf = async (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => "resolved",
      () => "rejected",
    ),
    settled().then(() => "waiting"),
  ]);
const names = (count: number, prefix = "row") => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

describe("sharing", () => {
  test("commits a single row without delay", async () => {
    const { group, commits } = heldStore();
    void group.submit("a", 1);
    await Promise.resolve();
    expect(commits.map(({ rows }) => rows)).toEqual([["a"]]);
  });

  test("rows submitted in the same turn share one commit", async () => {
    const { group, commits } = heldStore();
    const all = names(50).map((row) => group.submit(row, 1));
    await settled();
    expect(commits.map(({ rows }) => rows)).toEqual([names(50)]);
    commits[0]?.end();
    expect(await Promise.all(all)).toEqual(names(50));
  });

  test("rows submitted during a commit share the next one", async () => {
    const { group, commits } = heldStore();
    const first = group.submit("first", 1);
    await settled();
    const all = names(49).map((row) => group.submit(row, 1));
    await settled();
    expect(commits).toHaveLength(1);
    commits[0]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 49]);
    commits[1]?.end();
    expect(await Promise.all([first, ...all])).toEqual(["first", ...names(49)]);
  });

  test("64 waiting rows start another commit during one, up to the limit", async () => {
    const { group, commits } = heldStore(() => false, 2);
    const first = group.submit("first", 1);
    await settled();
    const crowd = names(64).map((row) => group.submit(row, 1));
    await settled();
    const late = names(85, "late").map((row) => group.submit(row, 1));
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 64]);
    expect(group.depth()).toBe(85);
    commits[1]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 64, 85]);
    for (const { end } of commits) end();
    expect(await Promise.all([first, ...crowd, ...late])).toEqual([
      "first",
      ...names(64),
      ...names(85, "late"),
    ]);
  });

  test("a few rows start no second commit; they wait for the running one", async () => {
    const { group, commits } = heldStore(() => false, 2);
    const first = group.submit("first", 1);
    await settled();
    const all = names(4).map((row) => group.submit(row, 1));
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1]);
    commits[0]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 4]);
    commits[1]?.end();
    await Promise.all([first, ...all]);
  });

  test("no row resolves before the commit that holds it", async () => {
    const { group, commits } = heldStore();
    const first = group.submit("a", 1);
    await settled();
    const second = group.submit("b", 1);
    expect([await stateOf(first), await stateOf(second)]).toEqual(["waiting", "waiting"]);
    commits[0]?.end();
    expect([await stateOf(first), await stateOf(second)]).toEqual(["resolved", "waiting"]);
    commits[1]?.end();
    expect(await stateOf(second)).toBe("resolved");
  });

  test("a commit takes at most 1,024 rows and, except for a single large row, at most 1 MiB", async () => {
    const { group, commits, durable } = pickyStore(new Set());
    const many = names(3000).map((row) => group.submit(row, 1));
    await Promise.all(many);
    expect(commits.map((rows) => rows.length)).toEqual([1024, 1024, 952]);
    const large = names(3, "large").map((row) => group.submit(row, 2 * 1024 * 1024));
    await Promise.all(large);
    expect(commits.slice(3).map((rows) => rows.length)).toEqual([1, 1, 1]);
    expect(durable).toEqual([...names(3000), ...names(3, "large")]);
  });

  test("no limit applies where none is given", async () => {
    const sizes: number[] = [];
    const group = createGroupCommit<number, number>({
      commit: async (items) => {
        sizes.push(items.length);
        return items.map((item) => item * 2);
      },
      isFatal: () => true,
      maxItems: 512,
    });
    const all = await Promise.all(Array.from({ length: 30_000 }, (_, n) => group.submit(n)));
    expect(all[29_999]).toBe(59_998);
    expect(Math.max(...sizes)).toBe(512);
  });

  test("drained waits for everything submitted", async () => {
    const { group, commits } = heldStore();
    await group.drained();
    const all = [group.submit("a", 1)];
    await settled();
    all.push(group.submit("b", 1));
    const drained = group.drained();
    commits[0]?.end();
    expect(await stateOf(drained)).toBe("waiting");
    commits[1]?.end();
    await Promise.all([drained, ...all]);
  });
});

describe("a full queue", () => {
  test("of 20,000 rows refuses immediately, and accepts rows again once drained", async () => {
    const { group, commits } = heldStore();
    const all = [group.submit("first", 1)];
    await settled();
    all.push(...names(20_000).map((row) => group.submit(row, 1)));
    await expect(group.submit("one too many", 1)).rejects.toMatchObject({ code: "overloaded" });
    for (let n = 0; n < commits.length; n += 1) {
      commits[n]?.end();
      await settled();
    }
    await Promise.all(all);
    const again = group.submit("again", 1);
    await settled();
    commits.at(-1)?.end();
    await again;
    expect(commits.flatMap(({ rows }) => rows)).not.toContain("one too many");
  });

  test("of 64 MiB refuses immediately", async () => {
    const { group } = heldStore();
    void group.submit("being committed", 1);
    await settled();
    void group.submit("large", 64 * 1024 * 1024);
    await expect(group.submit("one too many", 1)).rejects.toMatchObject({ code: "overloaded" });
  });
});

describe("a commit that fails", () => {
  test.each([0, 1, 7, 38, 98])(
    "bisects the batch to isolate the bad row, at %i of 99; all others are durable, in order",
    async (at) => {
      const poison = `row-${at}`;
      const { group, durable } = pickyStore(new Set([poison]));
      const results = await Promise.allSettled(names(99).map((row) => group.submit(row, 1)));
      expect(results.flatMap(({ status }, n) => (status === "rejected" ? [n] : []))).toEqual([at]);
      expect(durable).toEqual(names(99).filter((row) => row !== poison));
    },
  );

  test("isolates one row among a thousand in few commits", async () => {
    const { group, commits } = pickyStore(new Set(["row-500"]));
    await Promise.allSettled(names(1000).map((row) => group.submit(row, 1)));
    expect(commits.length).toBeLessThan(2 + 2 * Math.log2(1024) + 2);
  });

  test("fatally rejects the whole batch, and is not bisected", async () => {
    const { group, commits } = heldStore(() => true);
    const first = group.submit("first", 1);
    await settled();
    const others = names(9).map((row) => group.submit(row, 1));
    commits[0]?.end();
    await first;
    await settled();
    commits[1]?.fail(new Error("the writer is gone"));
    const results = await Promise.allSettled(others);
    expect(results.map(({ status }) => status)).toEqual(names(9).map(() => "rejected"));
    expect(commits).toHaveLength(2);
  });

  test("does not stop later commits", async () => {
    const { group } = pickyStore(new Set(["bad"]));
    await expect(group.submit("bad", 1)).rejects.toThrow("poisoned");
    await group.submit("good", 1);
  });
});
