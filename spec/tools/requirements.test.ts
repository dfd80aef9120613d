import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  extractRequirements,
  findTraceabilityGaps,
  readTraceabilityRows,
  SpecFormatError,
} from "./requirements.ts";

const line = (id: string, level: string, text: string, anchor = id.toLowerCase()) =>
  `- <a id="${anchor}"></a>**${id}** (${level}) ${text}`;
const prose = (...lines: string[]) =>
  ["## Section", "", "*Actor: vendor · Profile: health · Capability: webhooks*", "", ...lines].join("\n");

describe("extractRequirements", () => {
  test("reads a requirement with the scope of its section", () => {
    expect(extractRequirements(prose(line("EVT-001", "MUST", "It MUST come.")))).toEqual([
      {
        id: "EVT-001",
        level: "MUST",
        actor: "vendor",
        profile: "health",
        capability: "webhooks",
        text: "It MUST come.",
        anchor: "#evt-001",
      },
    ]);
  });

  test.each([
    ["a level that differs from the text's keyword", prose(line("EVT-001", "MUST", "It SHOULD come."))],
    ["the same id twice", prose(line("EVT-001", "MUST", "It MUST."), line("EVT-001", "MUST", "It MUST."))],
    ["the anchor of another requirement", prose(line("EVT-001", "MUST", "It MUST.", "evt-002"))],
    ["a line that is almost a requirement", prose("- **EVT-001** (MUST) It MUST come.")],
    ["a requirement on two lines", prose('- <a id="evt-001"></a>**EVT-001**', "  (MUST) It MUST come.")],
    ["a section without a scope", `## Section\n\n${line("EVT-001", "MUST", "It MUST.")}`],
    ["a scope that ended with its section", `${prose()}\n## Next\n${line("EVT-001", "MUST", "It MUST.")}`],
    ["a malformed scope", "## Section\n*Actor: everyone · Profile: health*"],
    ["a profile of no event family", "## Section\n*Actor: vendor · Profile: events:pwr*"],
  ])("rejects %s", (_, text) => {
    expect(() => extractRequirements(text)).toThrow(SpecFormatError);
  });
});

test("the ids of the prose are those of the committed registry", async () => {
  const read = (name: string) => readFile(new URL(`../1.0/${name}`, import.meta.url), "utf8");
  const written = [...(await read("contract.md")).matchAll(/^- <a id="[a-z]+-\d+"><\/a>\*\*(\w+-\d+)\*\*/gm)];
  const registry = JSON.parse(await read("requirements.json")) as { requirements: { id: string }[] };
  expect(written.length).toBeGreaterThan(150);
  expect(registry.requirements.map(({ id }) => id)).toEqual(written.map(([, id]) => id));
});

const contract = await readFile(new URL("../1.0/contract.md", import.meta.url), "utf8");
const requirements = extractRequirements(contract);

/** The ids of all demands that the two companies made of the contract. */
const ASKED = [
  ["A", ["1", "2", "3", "4", "5", "6"]],
  ["B", ["1", "2", "3", "4", "5", "6", "7", "8"]],
  ["C", ["1", "1a", "1b", "2", "3", "4", "5", "6"]],
  ["D", ["1", "2", "3", "4", "5", "6", "7"]],
  ["E", ["1", "2"]],
].flatMap(([letter, numbers]) => [...(numbers as string[])].map((number) => `${letter}${number}`));

const NONE = { missing: [], unasked: [], unknown: [], tooWeak: [] };

test("a requirement of sufficient level answers everything that the two companies required", () => {
  expect(findTraceabilityGaps(readTraceabilityRows(contract), requirements, ASKED)).toEqual(NONE);
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
