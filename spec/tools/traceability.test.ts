import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { extractRequirements } from "./requirements.ts";
import { findTraceabilityGaps, readTraceabilityRows } from "./traceability.ts";

const prose = await readFile(new URL("../1.0/contract.md", import.meta.url), "utf8");
const requirements = extractRequirements(prose);

/** The ids of everything that the two companies required of the contract. */
const ASKED = [
  ["A", ["1", "2", "3", "4", "5", "6"]],
  ["B", ["1", "2", "3", "4", "5", "6", "7", "8"]],
  ["C", ["1", "1a", "1b", "2", "3", "4", "5", "6"]],
  ["D", ["1", "2", "3", "4", "5", "6", "7"]],
  ["E", ["1", "2"]],
].flatMap(([letter, numbers]) => [...(numbers as string[])].map((number) => `${letter}${number}`));

const NONE = { missing: [], unasked: [], unknown: [], tooWeak: [] };

test("a requirement of sufficient level answers everything that the two companies required", () => {
  expect(findTraceabilityGaps(readTraceabilityRows(prose), requirements, ASKED)).toEqual(NONE);
});

test("reports a row without an answer, with an unknown one or with one that is too weak", () => {
  const table = (level: string, answers: string) =>
    readTraceabilityRows(`## Traceability\n\n| A1 | ${level} | Something | ${answers} |\n`);
  const known = [
    { id: "INV-001", level: "MUST" },
    { id: "INV-002", level: "SHOULD" },
  ] as const;
  expect(
    findTraceabilityGaps(table("MUST", "[INV-001](#inv-001), [INV-002](#inv-002)"), known, ["A1"]),
  ).toEqual(NONE);
  expect(findTraceabilityGaps(table("MUST", "[INV-002](#inv-002)"), known, ["A1"]).tooWeak).toEqual(["A1"]);
  expect(findTraceabilityGaps(table("SHOULD", "[INV-002](#inv-002)"), known, ["A1"])).toEqual(NONE);
  expect(
    findTraceabilityGaps(table("MUST", "[INV-001](#inv-001), [INV-009](#inv-009)"), known, ["A1"]).unknown,
  ).toEqual(["INV-009"]);
  expect(findTraceabilityGaps(table("MUST", "none"), known, ["A1"]).tooWeak).toEqual(["A1"]);
  expect(findTraceabilityGaps(table("MUST", "[INV-001](#inv-001)"), known, ["A1", "A2"]).missing).toEqual([
    "A2",
  ]);
  expect(findTraceabilityGaps(table("MUST", "[INV-001](#inv-001)"), known, []).unasked).toEqual(["A1"]);
});
