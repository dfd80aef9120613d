import { expect, test } from "vitest";
import { coverage, findUncovered } from "./coverage.ts";

test("every MUST and SHOULD has a check and a mutant that proves it, or a reason", () => {
  expect(findUncovered(coverage()).map(({ requirement }) => requirement.id)).toEqual([]);
});

test("what is checked says by which scenarios, and what is not says why", () => {
  for (const { requirement, checked, scenarios, reason } of coverage()) {
    expect([requirement.id, checked, scenarios.length > 0]).toEqual([
      requirement.id,
      reason === null,
      reason === null,
    ]);
  }
});

test("one without its mutants, or without its check, is noticed", () => {
  const [row] = coverage().filter(({ checked }) => checked);
  if (!row) throw new Error("nothing is checked");
  expect(
    findUncovered([
      { ...row, mutants: [] },
      { ...row, checked: false },
    ]),
  ).toHaveLength(2);
});
