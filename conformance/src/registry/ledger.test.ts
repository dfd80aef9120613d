import { expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import { exclusionGroups, exclusions } from "./exclusions.ts";
import { findLedgerGaps } from "./ledger.ts";
import { isVendorProfile, profileNames, requirementsOf } from "./profiles.ts";
import { requirements } from "./requirements.ts";

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
