import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CODE_GROUPS } from "./codes.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Each form in which the source raises or declares a code; a literal is in lower case with underscores. */
const LITERAL = '"([a-z][a-z0-9]*(?:_[a-z0-9]+)*)"';
const RAISED = [
  // new SomeError("code", …), new ProblemError(409, "code", …), throw refuse("code", …), this.#broken("code", …)
  new RegExp(String.raw`new \w*(?:Error|Refusal)\(\s*(?:[\w.]+,\s*)?${LITERAL}\s*,`, "g"),
  new RegExp(
    String.raw`(?:throw|return) (?:this\.)?#?(?:refuse|refusal|broken|error|tooLarge|unsafe)\w*\(\s*${LITERAL}\s*,`,
    "g",
  ),
  // readonly code = "code", and { code: "code" }
  new RegExp(String.raw`\bcode(?: =|:) ${LITERAL}`, "g"),
];
const UNION = /type \w*Code =\s*((?:\s*(?:\/\*\*[\s\S]*?\*\/|\|)\s*|"\w+")+);/g;

/** Words at the place of a code that are not error codes of ours. */
const NOT_CODES: ReadonlySet<string> = new Set([
  "custom", // the code of a refinement of zod
  "code", // the name of a member, as in `"code" in cause`
  "error", // what a trace shows of an error without a code
  "harness_error", // conclusions of a run, which the README of the suite explains with their exit codes
  "incomplete",
]);

/** Lists the codes that a source text raises or declares. */
function codesIn(source: string): string[] {
  const raised = RAISED.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code = ""]) => code));
  const declared = [...source.matchAll(UNION)].flatMap(([, union = ""]) =>
    [...union.replace(/\/\*\*[\s\S]*?\*\//g, "").matchAll(/"(\w+)"/g)].map(([, code = ""]) => code),
  );
  return [...raised, ...declared].filter((code) => !NOT_CODES.has(code));
}

test("finds a code in each form in which the source raises one", () => {
  const source = `throw new DeliveryError("a_one", "…"); new ProblemError(409, "a_two", detail);
    throw refuse(\n"a_three",\n"…"); return { code: "a_four" }; readonly code = "a_five";
    type ACode =\n  /** Why; and how. */\n  | "a_six"\n  | "a_seven";`;
  expect(codesIn(source).toSorted()).toEqual(
    ["a_one", "a_two", "a_three", "a_four", "a_five", "a_six", "a_seven"].toSorted(),
  );
});

const sources = execFileSync("git", ["ls-files", "--", "packages/*/src/*.ts", "conformance/src/*.ts"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  // A mistake that a diagnosis names is in the README of the package, which a test there compares with the code.
  .filter((file) => !/\.test\.ts$|\/testing\/|^packages\/(?:diagnose|testing)\//.test(file));

/** The folders whose codes a package may raise: its own, and those of what it depends on. */
function foldersOf(folder: string): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(`${folder}/package.json`)) as Record<
    string,
    Record<string, string>
  >;
  return [
    folder,
    ...Object.keys({ ...dependencies, ...devDependencies })
      .filter((name) => name.startsWith("@convergint/"))
      .map((name) => name.replace("@convergint/", "packages/")),
  ];
}

test("every code that a package raises has a text", () => {
  const folders = new Map<string, ReadonlySet<string>>();
  const missing = sources.flatMap((file) => {
    const folder = /^(?:packages\/)?[^/]+/.exec(file)?.[0] ?? "";
    const own = foldersOf(folder);
    const known =
      folders.get(folder) ??
      new Set(
        CODE_GROUPS.filter((group) => own.includes(group.folder)).flatMap(({ texts }) => Object.keys(texts)),
      );
    folders.set(folder, known);
    return codesIn(read(file))
      .filter((code) => !known.has(code))
      .map((code) => `${file}: ${code}`);
  });
  expect(sources.length).toBeGreaterThan(300);
  expect(missing).toEqual([]);
});

test("a text says what to do in whole sentences", () => {
  for (const { texts } of CODE_GROUPS)
    for (const [code, { means, fix }] of Object.entries(texts))
      expect([code, /\.\)?$/.test(means), /[.`]\)?$/.test(fix)]).toEqual([code, true, true]);
});

const documents = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "--", "docs/*.md"],
  {
    cwd: ROOT,
    encoding: "utf8",
  },
)
  .trim()
  .split("\n");

/** What defines the options of the two commands: their source, and the table of settings, which a test derives from the schema. */
const OPTIONS: Readonly<Record<string, string>> = {
  "convergint-conformance": read("conformance/README.md") + sourcesOf("conformance/src/cli/"),
  "convergint-ingest": sourcesOf("packages/ingest/src/cli/"),
};

function sourcesOf(folder: string): string {
  return sources
    .filter((file) => file.startsWith(folder))
    .map(read)
    .join("\n");
}

/** Lists the options of a shell block that its command does not have. */
function unknownOptions(block: string): string[] {
  const lines = block.replaceAll(/\\\n/g, " ").split("\n");
  return lines.flatMap((line) => {
    const [, command = "", rest = ""] = /(convergint-(?:conformance|ingest)) (.*)/.exec(line) ?? [];
    const options = [...rest.matchAll(/--([a-z][a-z-]+)/g)].map(([option]) => option);
    return options.filter((option) => !new RegExp(`${option}[ ",)\`]`).test(OPTIONS[command] ?? ""));
  });
}

describe("the code blocks of the pages", () => {
  test("an option that does not exist is found", () => {
    expect(unknownOptions("A=b npx convergint-conformance run --target x \\\n  --not-there y")).toEqual([
      "--not-there",
    ]);
  });

  test.each(documents)("%s", (file) => {
    for (const [, language = "", code = ""] of read(file).matchAll(/^```(\w*).*\n([\s\S]*?)^```/gm)) {
      expect([file, language]).not.toEqual([file, ""]);
      if (language === "json") JSON.parse(code);
      if (language === "sh") expect(unknownOptions(code)).toEqual([]);
    }
  });
});
