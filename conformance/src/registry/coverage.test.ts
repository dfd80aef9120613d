import { expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import { findLedgerGaps, findUncovered, listCoverage } from "./coverage.ts";
import { exclusionGroups, exclusions } from "./exclusions.ts";
import { isVendorProfile, profileNames, requirementsOf } from "./profiles.ts";
import { requirements } from "./requirements.ts";

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

const checked = checks.map(({ requirement }) => requirement);
const excluded = exclusionGroups.flatMap(({ ids }) => ids);

test("every requirement of the contract has one check or one exclusion", () => {
  expect(findLedgerGaps(requirements, checked, excluded)).toEqual({
    unanswered: [],
    answeredTwice: [],
    unknown: [],
  });
});

test("reports a missing, duplicate or unknown check", () => {
  const ids = [{ id: "A-001" }, { id: "A-002" }];
  expect(findLedgerGaps(ids, ["A-001"], []).unanswered).toEqual(["A-002"]);
  expect(findLedgerGaps(ids, ["A-001", "A-001"], ["A-002"]).answeredTwice).toEqual(["A-001"]);
  expect(findLedgerGaps(ids, ["A-001", "A-002", "A-003"], []).unknown).toEqual(["A-003"]);
});

test("every requirement of a certifiable profile has a check, or an exclusion with a reason", () => {
  for (const name of profileNames) {
    const unanswered = requirementsOf(name, requirements).filter(
      ({ id }) => !checked.includes(id) && !/^\S.{20,}\.$/.test(exclusions.get(id) ?? ""),
    );
    expect(unanswered).toEqual([]);
  }
  expect(requirementsOf("inventory", requirements).length).toBeGreaterThanOrEqual(20);
  expect(isVendorProfile("toString")).toBe(false);
});

test("no exclusion in a certifiable profile says that the requirement belongs elsewhere", () => {
  const certifiable = new Set(profileNames.flatMap((name) => requirementsOf(name, requirements)));
  const misplaced = [...certifiable].filter(({ id }) =>
    /It belongs to|is about the consumer/.test(exclusions.get(id) ?? ""),
  );
  expect(misplaced).toEqual([]);
});
