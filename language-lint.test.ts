import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ALLOWED } from "./language-allowed.ts";
import { findIdioms, removeAllowed } from "./language-lint.ts";

const ROOT = import.meta.dirname;
const wordsIn = (text: string) => findIdioms(text).map(({ words }) => words);

describe("finds", () => {
  test.each([
    ["a pronoun for a program", "Whoever calls this is refused.", ["Whoever"]],
    ["an idiom of several words", "what became of each event", ["what became of"]],
    ["an idiom broken across two comment lines", " * A retry goes\n * on for a day.", ["goes * on"]],
    ["an idiom broken across two lines of prose", "the reader is\nof its\nown kind", ["of its own"]],
    ["an idiom inside a string", 'throw new Error("A webhook key is no use: x")', ["is no use"]],
    ["two idioms in one line, in their order", "Nobody is told of it.", ["Nobody", "told of"]],
    ["a constant named for most", "const MOST_BYTES = 1;", ["MOST_BYTES"]],
    ["an option named for least", "{ leastSpread: 2 }", ["leastSpread"]],
    ["an old word in a name with hyphens", "open-to-everybody and nobody-knows", ["everybody", "nobody"]],
    ["once in the sense of after", "Resolves once\n * the event is stored.", ["once * the"]],
    ["a number that is not named", "Waits for this many events.", ["this many"]],
    ["a pronoun for a person where a program is meant", "what he needs", ["he"]],
    ["no for not a", "The body is\n * no object.", ["is * no object"]],
  ])("%s", (_case, text, words) => {
    expect(wordsIn(text)).toEqual(words);
  });
});

describe("accepts", () => {
  test.each([
    ["plain English", "The caller is rate limited; retry after 30 s."],
    ["a longer word that contains an idiom", "standalone, recommended, the header, besiegers"],
    ["a compound with a hyphen", "a stand-in for the vendor, stand-alone"],
    ["there is none", "the site filter, or null where there is none"],
    ["there is no", "if there is no list, or there\n * are no events; it is no longer used"],
    [
      "once in the sense of one time",
      "Send the events at once; the vendor posts it once, once an hour for each.",
    ],
    ["most and least as words", "at most 100, at least 1"],
  ])("%s", (_case, text) => {
    expect(wordsIn(text)).toEqual([]);
  });
});

test("says in which line an idiom begins, and what to write instead", () => {
  expect(findIdioms("one\ntwo anew\n")).toEqual([{ line: 2, words: "anew", instead: "again" }]);
});

describe("the list of allowed passages", () => {
  const entry = { file: "a.md", text: "stands for liberty", reason: "a quotation" };

  test("excuses the passage in its own file, and nothing else there", () => {
    const { rest, unused } = removeAllowed("a.md", "She stands for liberty.\nIt stands for 3.", [entry]);
    expect(findIdioms(rest).map(({ line }) => line)).toEqual([2]);
    expect(unused).toEqual([]);
    expect(wordsIn(removeAllowed("b.md", "stands for liberty", [entry]).rest)).toEqual(["stands for"]);
  });

  test("reports an entry that no longer matches", () => {
    expect(removeAllowed("a.md", "gone", [entry]).unused).toEqual([entry]);
  });

  test("gives a reason for each entry, and each is needed", () => {
    for (const { text, reason } of ALLOWED) {
      expect(reason.length, text).toBeGreaterThan(10);
      expect(findIdioms(text), text).not.toEqual([]);
    }
  });
});

test("the command exits with 1 and names the place of an idiom, in a file git does not track yet", () => {
  const folder = mkdtempSync(join(ROOT, "language-lint-test-"));
  try {
    const file = join(folder, "page.md");
    const lint = () =>
      spawnSync(process.execPath, ["language-lint.ts", folder], { cwd: ROOT, encoding: "utf8" });
    writeFileSync(file, "Plain English.\n");
    expect(lint()).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(file, "Plain English.\nIt is signed anew.\n");
    const { status, stderr } = lint();
    expect(status).toBe(1);
    expect(stderr).toContain('page.md:2: "anew"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
