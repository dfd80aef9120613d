import { expect, test } from "vitest";
import { cli } from "./testing/harness.ts";

test("explains a tested requirement: how it is tested, which defects are caught, how to test only it", async () => {
  const { code, stdout } = await cli("explain", "rcv-004");
  expect(code).toBe(0);
  expect(stdout).toContain("no second effect");
  expect(stdout).toContain("contract.md#rcv-004");
  expect(stdout).toContain("20 connections at the same time");
  expect(stdout).toContain("answers 409 to a duplicate event");
  expect(stdout).toContain("run receiver --url URL --only RCV-004");
});

test("explains why a requirement is not tested, without a command to run", async () => {
  const { code, stdout } = await cli("explain", "PAGE-010");
  expect([code, stdout.includes("Not tested by this version."), stdout.includes("--only")]).toEqual([
    0,
    true,
    false,
  ]);
});

test("suggests similar ids for an unknown one", async () => {
  const { code, stderr } = await cli("explain", "SYNC-77");
  expect([code, stderr.includes("SYNC-001, SYNC-002")]).toEqual([2, true]);
});

test("list --coverage covers every requirement, as text and as JSON", async () => {
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
