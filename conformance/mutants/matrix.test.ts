import { describe, expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { vendorMutants } from "./index.ts";
import { type Certify, controls, type MutantCase, mutantCases } from "./matrix/cases.ts";
import { certifyReceiver } from "./matrix/certify-receiver.ts";
import { certifyVendor } from "./matrix/certify-vendor.ts";
import { certifyControl, certifyMutant, listDefects, type Outcome, runMatrix } from "./matrix/matrix.ts";
import { sampleOf, sampleSeed } from "./matrix/sample.ts";
import { createSharedRuns, groupMutants, type SharedRun } from "./matrix/shared-runs.ts";
import { createTimeLimit } from "./matrix/time-limit.ts";
import type { ReceiverMutant } from "./subjects/reference-receiver.ts";
import type { VendorMutant } from "./subjects/vendor-mutant.ts";

/** Vitest's limit of a test: none, because `withinLimit` limits each run. */
const UNLIMITED = 0;

/**
 * Asserts that a run fails the requirement that the mutant breaks, because of its check, and otherwise only those that the other
 * members of the run break.
 */
function expectCaught(
  { results, withoutOwn }: Outcome,
  { breaks }: MutantCase,
  others: readonly MutantCase[] = [],
): void {
  const failed = results.filter(({ failures }) => failures.length > 0);
  const broken = new Set(others.map((other) => other.breaks));
  broken.delete(breaks);
  const ids = failed.map(({ requirement }) => requirement.id);
  expect(ids.filter((id) => !broken.has(id))).toEqual([breaks]);
  expect(results.filter(({ verdict }) => verdict === "harness-error")).toEqual([]);
  const own = withoutOwn.find(({ requirement }) => requirement.id === breaks);
  expect(own?.verdict).toBe("could-not-run");
  expect(withoutOwn.filter(({ failures }) => failures.length > 0)).toEqual([]);
}

const withinLimit = createTimeLimit();
const seed = sampleSeed();
const sample = sampleOf(mutantCases, seed);
console.log(
  `Whole runs of the sample with MATRIX_SEED=${seed}: ${sample.map(({ name }) => name).join(", ")}`,
);

test.each(Object.keys(controls))(
  "the %s without a defect fails no check",
  async (name) => {
    expect(await withinLimit(name, (signal) => certifyControl(name, checks, signal))).toEqual([]);
  },
  UNLIMITED,
);

const title = "$name fails its own requirement and no other, and survives without the check";

describe("focused runs", () => {
  const certifyShared = createSharedRuns(mutantCases, checks, withinLimit);
  test.each(mutantCases)(
    title,
    async (mutant) => {
      const runs = await certifyShared(mutant);
      expect(runs.length).toBeGreaterThan(0);
      for (const { members, ...outcome } of runs) {
        expect(members).toContain(mutant);
        expectCaught(outcome, mutant, members);
      }
    },
    UNLIMITED,
  );
});

describe(`whole runs, seed ${seed}`, () => {
  test.each(sample)(
    title,
    async (mutant) => {
      const outcome = await withinLimit(mutant.name, (signal) =>
        certifyMutant(mutant, checks, { extent: "whole", signal }),
      );
      expectCaught(outcome, mutant);
    },
    UNLIMITED,
  );
});

describe("shared runs", () => {
  const groups = groupMutants(mutantCases);
  const groupsOf = (mutant: MutantCase) => groups.filter((group) => group.includes(mutant));

  test("each mutant has a separate run, or two in which it meets no other mutant twice", () => {
    for (const mutant of mutantCases) {
      const own = groupsOf(mutant);
      const others = own.flat().filter((other) => other !== mutant);
      expect([mutant.name, new Set(others).size]).toEqual([mutant.name, others.length]);
      if (own.length !== 2) expect([mutant.name, own]).toEqual([mutant.name, [[mutant]]]);
    }
  });

  test("each member of a group breaks another requirement", () => {
    for (const group of groups) expect(new Set(group.map(({ breaks }) => breaks)).size).toBe(group.length);
  });

  type Named = MutantCase & { readonly vendor: VendorMutant };
  const named = (name: string): Named => {
    const found = mutantCases.find((each) => each.name === name);
    if (!found?.vendor) throw new Error(`There is no mutant ${name} of the vendor.`);
    return { ...found, vendor: found.vendor };
  };
  const changed = (mutant: MutantCase, vendor: VendorMutant): MutantCase => ({
    ...mutant,
    vendor,
    certify: (...run) => certifyVendor(vendor, ...run),
  });
  const failuresIn = (runs: readonly SharedRun[]) =>
    runs.map(({ results }) =>
      results.filter(({ failures }) => failures.length > 0).map(({ requirement }) => requirement.id),
    );
  // Cheap mutants that share a run.
  const [one, other, third] = [
    "site-005-ignores-the-org",
    "site-006-unknown-org-is-empty",
    "auth-001-forbidden-without-credential",
  ].map(named) as [Named, Named, Named];

  test("a mutant that also breaks the requirement of a harmless one in its group is reported", async () => {
    const { vendor } = one;
    const both = changed(one, {
      ...vendor,
      behaviour: (context) => {
        const [own, foreign] = [vendor.behaviour(context), other.vendor.behaviour(context)];
        return {
          answer(answer, request) {
            own.answer?.(answer, request);
            foreign.answer?.(answer, request);
          },
          receive(request) {
            own.receive?.(request);
            foreign.receive?.(request);
          },
        };
      },
    });
    const harmless = changed(other, { ...other.vendor, behaviour: () => ({}) });
    const cases = [both, harmless, third];
    expect(groupMutants(cases)[0]).toEqual(expect.arrayContaining(cases));
    const certify = createSharedRuns(cases, checks);
    // The run of all three shows what is expected; the second run of each does not.
    const all = ["AUTH-001", "SITE-005", "SITE-006"];
    expect(failuresIn(await certify(both))).toEqual([all, ["SITE-005", "SITE-006"]]);
    expect(failuresIn(await certify(harmless))).toEqual([all, []]);
    expect(failuresIn(await certify(third))).toEqual([all, ["AUTH-001"]]);
  });

  test("without its check, a mutant survives in a separate run", async () => {
    const without = checks.filter(({ requirement }) => requirement !== other.breaks);
    const certify = createSharedRuns([one, other], without);
    expect(failuresIn(await certify(other))).toEqual([[]]);
    expect(failuresIn(await certify(one))).toEqual([[one.breaks], [one.breaks]]);
  });
});

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

/** Runs the checks that read the same evidence against a mutant whose endpoints were registered by hand. */
async function failuresByHand(name: string, byHand: 1 | 2): Promise<readonly string[]> {
  const [mutant, found] = [vendorMutants[name], mutantCases.find((each) => each.name === name)];
  if (!mutant || !found) throw new Error(`there is no mutant ${name}`);
  const { signal } = new AbortController();
  const certify: Certify = (used, until) => certifyVendor(mutant, used, until, { byHand });
  const { results } = await certifyMutant({ ...found, certify }, checks, { extent: "focused", signal });
  return results
    .filter(({ verdict }) => ["fail", "warn", "info", "harness-error"].includes(verdict))
    .map(({ requirement, verdict }) => `${requirement.id} ${verdict}`);
}

test.each([
  ["evt-009-an-id-for-each-endpoint", 2, ["EVT-009 fail"]],
  ["sig-001-reformatted-body", 1, ["SIG-001 fail"]],
  ["dlv-002-an-id-for-each-attempt", 1, ["DLV-002 fail"]],
  ["dlv-007-waits-for-the-slow", 2, ["DLV-007 fail"]],
] as const)("%s is caught with %d endpoints that were registered by hand", async (name, byHand, failures) => {
  expect(await failuresByHand(name, byHand)).toEqual(failures);
});

test("a receiver that shows devices only after they are listed fails no check", async () => {
  const patient: ReceiverMutant = {
    breaks: "RCV-007",
    operator: "plain",
    defect: "none",
    polls: true,
    parts: () => ({ keepsUntilListed: true }),
  };
  const { results } = await certifyReceiver(patient, checks, new AbortController().signal);
  const verdicts = new Map(results.map(({ requirement, verdict }) => [requirement.id, verdict]));
  expect(verdicts.get("RCV-007")).toBe("pass");
  expect([...verdicts].filter(([, verdict]) => verdict === "fail")).toEqual([]);
});
