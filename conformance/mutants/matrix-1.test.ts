import { expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { mutantCases } from "./matrix/cases.ts";
import { listDefects, runMatrix } from "./matrix/matrix.ts";
import { testMatrixPart } from "./matrix/matrix-part.ts";

testMatrixPart(1);

test("every check has a mutant", () => {
  const broken = new Set(mutantCases.map(({ breaks }) => breaks));
  expect([...broken].toSorted()).toEqual(checks.map(({ requirement }) => requirement).toSorted());
});

test("the matrix reports a missing check and its survivors", async () => {
  const [first, ...others] = checks;
  const mutants = mutantCases.filter(({ breaks }) => breaks === first?.requirement);
  const options = { whole: [], controlNames: ["receiver"], signal: new AbortController().signal };
  const defects = listDefects(await runMatrix(mutants, others, options));
  expect(defects).toContain(`${mutants[0]?.name} survived`);
  expect(defects).toContain(`${first?.requirement} has neither a check nor an exclusion`);
});
