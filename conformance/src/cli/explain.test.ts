import { expect, test } from "vitest";
import { cli } from "./testing/world.ts";

test("a requirement that is checked is explained: what is done, what was caught, and how to judge it alone", async () => {
  const { code, stdout } = await cli("explain", "rcv-004");
  expect(code).toBe(0);
  expect(stdout).toContain("no second effect");
  expect(stdout).toContain("contract.md#rcv-004");
  expect(stdout).toContain("twenty connections at once");
  expect(stdout).toContain("answers 409 to an event that it has taken before");
  expect(stdout).toContain("run receiver --url URL --only RCV-004");
});

test("one that is not says why, and offers nothing to run", async () => {
  const { code, stdout } = await cli("explain", "PAGE-010");
  expect([code, stdout.includes("does not judge it"), stdout.includes("--only")]).toEqual([0, true, false]);
});

test("one that is none is refused with those that are like it", async () => {
  const { code, stderr } = await cli("explain", "SYNC-77");
  expect([code, stderr.includes("SYNC-001, SYNC-002")]).toEqual([2, true]);
});

test("coverage is whole, for people and for programs", async () => {
  const { code, stdout } = await cli("list", "--coverage", "--json");
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as {
    id: string;
    checked: boolean;
    scenarios: string[];
    mutants: object[];
  }[];
  expect(rows.length).toBeGreaterThan(150);
  for (const { id, checked, scenarios, mutants } of rows) {
    expect([id, scenarios.length > 0, mutants.length > 0]).toEqual([id, checked, checked]);
  }
  const text = await cli("list", "--coverage");
  expect(text.stdout).toContain("catches: answers 409");
});
