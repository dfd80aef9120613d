import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  exitCodeOf,
  inParallel,
  judgeMutant,
  judgeRun,
  type Result,
  readVendors,
  renderTable,
} from "./certify.ts";

const report = (conclusion: string, ...verdicts: string[]) => ({
  conclusion,
  requirements: verdicts.map((verdict, at) => ({ id: `DLV-00${at + 1}`, verdict })),
});
const result = (ok: boolean | null): Result => ({
  language: "go",
  what: "seed 1",
  ok,
  detail: "detail",
  seconds: 2,
});

describe("a run", () => {
  it.each([
    [report("certified", "pass", "not-applicable"), true, "certified, 1 pass"],
    [report("certified", "pass", "warn"), false, "certified: DLV-002 warn"],
    [report("not-conformant", "fail", "pass"), false, "not-conformant: DLV-001 fail"],
    [report("incomplete", "could-not-run"), false, "incomplete: DLV-001 could-not-run"],
  ])("of %j is judged", (given, ok, detail) => {
    expect(judgeRun(given)).toEqual({ ok, detail });
  });
});

describe("a mutant", () => {
  const mutant = { name: "m", breaks: "DLV-002", patch: "m.patch" };

  it.each([
    [report("not-conformant", "pass", "fail"), true],
    [report("certified", "pass", "warn"), true],
    [report("not-conformant", "fail", "pass"), false],
    [report("incomplete", "fail", "could-not-run"), false],
    [report("not-conformant", "fail"), false],
  ])("with the report %j is caught only by the requirement that it breaks", (given, ok) => {
    expect(judgeMutant(mutant, given).ok).toBe(ok);
  });

  it("that survives says why", () => {
    const given = {
      conclusion: "incomplete",
      requirements: [{ id: "DLV-002", verdict: "could-not-run", reason: "no retry" }],
    };
    expect(judgeMutant(mutant, given).detail).toBe("survived: DLV-002 could-not-run (no retry)");
  });
});

describe("the exit code", () => {
  it.each([
    [[true, true], false, 0],
    [[true, false, null], true, 1],
    [[true, null], false, 0],
    [[true, null], true, 3],
    [[], false, 1],
  ])("of %j, required %j, is %i", (oks, required, code) => {
    expect(exitCodeOf(oks.map(result), required)).toBe(code);
  });
});

describe("the table", () => {
  it("has a line for each result, and says what was skipped", () => {
    expect(renderTable([result(true), result(null)])).toBe(
      "go  seed 1  ok       2 s  detail\ngo  seed 1  skipped       detail",
    );
  });
});

describe("tasks", () => {
  it("run in order, at most so many at a time, and keep their places", async () => {
    const [started, running]: [number[], Set<number>] = [[], new Set()];
    let most = 0;
    const tasks = [3, 1, 2, 0].map((turns, at) => async () => {
      started.push(at);
      running.add(at);
      most = Math.max(most, running.size);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      running.delete(at);
      return at;
    });
    expect(await inParallel(2, tasks)).toEqual([0, 1, 2, 3]);
    expect([started, most]).toEqual([[0, 1, 2, 3], 2]);
  });
});

describe("the descriptors", () => {
  it("of the examples name patches that exist, three for each vendor", async () => {
    const vendors = await readVendors(import.meta.dirname, []);
    expect(vendors.map(({ language }) => language)).toEqual(expect.arrayContaining(["go", "python"]));
    for (const { home, mutants } of vendors) {
      expect(mutants).toHaveLength(3);
      for (const { patch } of mutants) expect(await readFile(join(home, patch), "utf8")).toContain("+++ b/");
    }
  });

  it("are found by language, and get the path of their folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vendors-test-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const language of ["a", "b"]) {
      await mkdir(join(folder, language));
      const commands = { needs: [], install: [], check: [], build: [] };
      const descriptor = { language, ...commands, start: ["{home}/run"] };
      await writeFile(join(folder, language, "certify.json"), JSON.stringify(descriptor));
    }
    const [found, ...more] = await readVendors(folder, ["b"]);
    expect([found?.start, more]).toEqual([[join(folder, "b", "run")], []]);
    await expect(readVendors(folder, ["c"])).rejects.toThrow("No vendor in c. Vendors: a, b.");
    await writeFile(
      join(folder, "a", "certify.json"),
      '{ "needs": [], "install": ["mvn", "package"], "check": [], "build": [] }',
    );
    await expect(readVendors(folder, [])).rejects.toThrow("a/certify.json: install is a list of commands");
  });
});
