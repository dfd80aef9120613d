import { describe, expect, test } from "vitest";
import { createGroupCommit } from "./group-commit.ts";

/** A store whose commits end when the test says so. */
function heldStore(isHopeless: (error: unknown) => boolean = () => false, atOnce = 1) {
  const commits: { rows: readonly string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const group = createGroupCommit<string, string>({
    commit: (rows) =>
      new Promise((resolve, fail) => commits.push({ rows: [...rows], end: () => resolve(rows), fail })),
    isHopeless,
    atOnce,
  });
  return { group, commits };
}

/** A store that fails on some rows, as one that has constraints. */
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
    isHopeless: () => false,
    atOnce: 1,
  });
  return { group, commits, durable };
}

/** Lets what is due happen. */
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
  test("a lone row waits for nothing", () => {
    const { group, commits } = heldStore();
    void group.submit("a", 1);
    expect(commits.map(({ rows }) => rows)).toEqual([["a"]]);
  });

  test("what comes while a commit is under way shares the next one", async () => {
    const { group, commits } = heldStore();
    const all = names(50).map((row) => group.submit(row, 1));
    expect(commits).toHaveLength(1);
    commits[0]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 49]);
    commits[1]?.end();
    await Promise.all(all);
  });

  test("beside a commit under way a crowd begins another, and never more than allowed", async () => {
    const { group, commits } = heldStore(() => false, 2);
    const all = names(150).map((row) => group.submit(row, 1));
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 64]);
    expect(group.depth()).toBe(85);
    commits[1]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 64, 85]);
    for (const { end } of commits) end();
    expect(await Promise.all(all)).toEqual(names(150));
  });

  test("a few do not begin another beside it, and go on when nothing is under way", async () => {
    const { group, commits } = heldStore(() => false, 2);
    const all = names(5).map((row) => group.submit(row, 1));
    expect(commits.map(({ rows }) => rows.length)).toEqual([1]);
    commits[0]?.end();
    await settled();
    expect(commits.map(({ rows }) => rows.length)).toEqual([1, 4]);
    commits[1]?.end();
    await Promise.all(all);
  });

  test("nobody resolves before the commit that holds the row", async () => {
    const { group, commits } = heldStore();
    const [first, second] = [group.submit("a", 1), group.submit("b", 1)];
    expect([await stateOf(first), await stateOf(second)]).toEqual(["waiting", "waiting"]);
    commits[0]?.end();
    expect([await stateOf(first), await stateOf(second)]).toEqual(["resolved", "waiting"]);
    commits[1]?.end();
    expect(await stateOf(second)).toBe("resolved");
  });

  test("a commit takes no more than 1,024 rows and, but for a lone one, no more than 1 MiB", async () => {
    const { group, commits, durable } = pickyStore(new Set());
    const many = names(3000).map((row) => group.submit(row, 1));
    await Promise.all(many);
    expect(commits.map((rows) => rows.length)).toEqual([1, 1024, 1024, 951]);
    const large = names(3, "large").map((row) => group.submit(row, 2 * 1024 * 1024));
    await Promise.all(large);
    expect(commits.slice(4).map((rows) => rows.length)).toEqual([1, 1, 1]);
    expect(durable).toEqual([...names(3000), ...names(3, "large")]);
  });

  test("drained waits for all that was submitted", async () => {
    const { group, commits } = heldStore();
    await group.drained();
    const all = [group.submit("a", 1), group.submit("b", 1)];
    const drained = group.drained();
    commits[0]?.end();
    expect(await stateOf(drained)).toBe("waiting");
    commits[1]?.end();
    await Promise.all([drained, ...all]);
  });
});

describe("a full queue", () => {
  test("of 20,000 rows refuses at once, and takes rows again when it has drained", async () => {
    const { group, commits } = heldStore();
    const all = names(20_001).map((row) => group.submit(row, 1));
    await expect(group.submit("one too many", 1)).rejects.toMatchObject({ code: "overloaded" });
    for (let n = 0; n < commits.length; n += 1) {
      commits[n]?.end();
      await settled();
    }
    await Promise.all(all);
    const again = group.submit("again", 1);
    commits.at(-1)?.end();
    await again;
    expect(commits.flatMap(({ rows }) => rows)).not.toContain("one too many");
  });

  test("of 64 MiB refuses at once", async () => {
    const { group } = heldStore();
    void group.submit("under way", 1);
    void group.submit("large", 64 * 1024 * 1024);
    await expect(group.submit("one too many", 1)).rejects.toMatchObject({ code: "overloaded" });
  });
});

describe("a commit that fails", () => {
  test.each([0, 1, 7, 38, 98])(
    "one poison row, at %i of 99, is found; all others are durable, in order",
    async (at) => {
      const poison = `row-${at}`;
      const { group, durable } = pickyStore(new Set([poison]));
      const results = await Promise.allSettled(names(99).map((row) => group.submit(row, 1)));
      expect(results.flatMap(({ status }, n) => (status === "rejected" ? [n] : []))).toEqual([at]);
      expect(durable).toEqual(names(99).filter((row) => row !== poison));
    },
  );

  test("finding one row among a thousand takes few commits", async () => {
    const { group, commits } = pickyStore(new Set(["row-500"]));
    await Promise.allSettled(names(1000).map((row) => group.submit(row, 1)));
    expect(commits.length).toBeLessThan(2 + 2 * Math.log2(1024) + 2);
  });

  test("for good rejects all in it at once, and is not tried again by halves", async () => {
    const { group, commits } = heldStore(() => true);
    const [first, ...others] = names(10).map((row) => group.submit(row, 1));
    commits[0]?.end();
    await first;
    await settled();
    commits[1]?.fail(new Error("the writer is gone"));
    const results = await Promise.allSettled(others);
    expect(results.map(({ status }) => status)).toEqual(names(9).map(() => "rejected"));
    expect(commits).toHaveLength(2);
  });

  test("does not stop the ones after it", async () => {
    const { group } = pickyStore(new Set(["bad"]));
    await expect(group.submit("bad", 1)).rejects.toThrow("poisoned");
    await group.submit("good", 1);
  });
});
