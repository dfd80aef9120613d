import { expect, test } from "vitest";
import { findUncovered, listCoverage } from "./coverage.ts";

test("every MUST and SHOULD has a check and a mutant that proves it, or a reason", () => {
  expect(findUncovered(listCoverage()).map(({ requirement }) => requirement.id)).toEqual([]);
});

test("a checked requirement has scenarios, an unchecked one has a reason", () => {
  for (const { requirement, checked, scenarios, reason } of listCoverage()) {
    expect([requirement.id, checked, scenarios.length > 0]).toEqual([
      requirement.id,
      reason === null,
      reason === null,
    ]);
  }
});

test("a requirement without mutants or without a check is uncovered", () => {
  const [row] = listCoverage().filter(({ checked }) => checked);
  if (!row) throw new Error("no requirement is checked");
  expect(
    findUncovered([
      { ...row, mutants: [] },
      { ...row, checked: false },
    ]),
  ).toHaveLength(2);
});

test("at most 12 requirements of the vendor's first two profiles have no check", () => {
  const unchecked = listCoverage().filter(
    ({ requirement: { actor, profile }, checked }) =>
      actor === "vendor" && ["inventory", "health"].includes(profile) && !checked,
  );
  expect(unchecked.map(({ requirement }) => requirement.id).length).toBeLessThanOrEqual(12);
});
