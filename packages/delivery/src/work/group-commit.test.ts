import { describe, expect, it } from "vitest";
import { createGroupCommit } from "./group-commit.ts";

const double = (groups: number[][]) =>
  createGroupCommit<number, number>(async (items) => {
    groups.push([...items]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (items.includes(13)) throw new Error("unlucky");
    return items.map((item) => item * 2);
  });

describe("a group commit", () => {
  it("shares a commit among all who come while one is under way, and answers each", async () => {
    const groups: number[][] = [];
    const commit = double(groups);
    const first = [commit.submit(1), commit.submit(2)];
    await new Promise((resolve) => setTimeout(resolve, 5));
    const later = [commit.submit(3), commit.submit(4)];
    expect(await Promise.all([...first, ...later])).toEqual([2, 4, 6, 8]);
    expect(groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("fails whoever shared the commit that failed, and nobody else", async () => {
    const commit = double([]);
    const together = [commit.submit(1), commit.submit(13)];
    const results = await Promise.allSettled(together);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await commit.submit(5)).toBe(10);
  });

  it("is drained when nothing waits any more", async () => {
    const groups: number[][] = [];
    const commit = double(groups);
    const many = Array.from({ length: 1_000 }, (_, index) => commit.submit(index + 100));
    await commit.drained();
    expect(groups.flat()).toHaveLength(1_000);
    await Promise.all(many);
    await commit.drained();
  });
});
