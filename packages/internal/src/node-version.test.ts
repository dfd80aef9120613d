import { expect, test } from "vitest";
import { explainOldNode } from "./node-version.ts";

test.each([
  ["20.20.2", "tool: Node 20.20.2 is too old. Run Node 22.18 or later."],
  ["22.17.9", "tool: Node 22.17.9 is too old. Run Node 22.18 or later."],
  ["22.18.0", null],
  ["24.0.0", null],
])("explains whether Node %s is too old for >=22.18", (running, sentence) => {
  expect(explainOldNode("tool", ">=22.18", running)).toBe(sentence);
});
