import { expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import { exclusions } from "./exclusions.ts";
import { ledgerGaps } from "./ledger.ts";
import { isProfile, profileNames, requirementsOf } from "./profiles.ts";
import { requirements } from "./requirements.ts";

const checked = checks.map(({ requirement }) => requirement);

test("every requirement of the contract has one check, or a reason for having none", () => {
  expect(ledgerGaps(requirements, checked, Object.keys(exclusions))).toEqual({
    unanswered: [],
    answeredTwice: [],
    unknown: [],
  });
});

test("a check that is missing, doubled or made up is noticed", () => {
  const ids = [{ id: "A-001" }, { id: "A-002" }];
  expect(ledgerGaps(ids, ["A-001"], []).unanswered).toEqual(["A-002"]);
  expect(ledgerGaps(ids, ["A-001", "A-001"], ["A-002"]).answeredTwice).toEqual(["A-001"]);
  expect(ledgerGaps(ids, ["A-001", "A-002", "A-003"], []).unknown).toEqual(["A-003"]);
});

test("every requirement of a profile that can be certified is checked", () => {
  for (const name of profileNames) {
    expect(requirementsOf(name, requirements).filter(({ id }) => !checked.includes(id))).toEqual([]);
  }
  expect(requirementsOf("inventory", requirements).length).toBeGreaterThanOrEqual(20);
  expect(isProfile("toString")).toBe(false);
});
