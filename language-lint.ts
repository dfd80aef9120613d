/**
 * Checks that the repo's text is plain English: `node language-lint.ts [PATH...]` lists every forbidden idiom
 * with its place and a better word, and exits with 1 if there are any. Without paths, it checks every tracked
 * text file.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ALLOWED, type Allowed } from "./language-allowed.ts";

/** A forbidden idiom and what to write instead. Words are separated by single spaces; a line break counts as one. */
const IDIOMS: readonly (readonly [pattern: string, instead: string])[] = [
  ["whoever", "the caller, the reader, any client that"],
  ["whosoever", "any client that"],
  ["nobody", "no one, no client, or name what is missing"],
  ["anybody", "anyone, any client"],
  ["somebody", "someone, a person"],
  ["everybody", "everyone, every client"],
  ["he|him|his", "it, its"],
  ["anew", "again"],
  ["mend|mends|mended|mending", "fix"],
  ["besides?", "with, next to, in addition to"],
  ["alone", "only"],
  ["(?:tells?|telling|told) of", "reports, mentions, describes"],
  ["(?:goes|go|going|went) by", "uses, follows"],
  ["(?:bring|brings|brought) into being", "create"],
  ["of (?:its|their|his) own", "its own X, a separate X"],
  ["truly", "delete it"],
  ["at hand", "available"],
  ["what (?:became|becomes|has become|came|comes) of", "the result of"],
  ["(?:stand|stands|stood) for", "means, represents"],
  ["(?:stand|stands|stood) in", "is in"],
  ["(?<!(?:there|it|this|that) )is none", "is not a X, does not exist"],
  ["is no use", "is invalid"],
  [
    "(?<!there )(?:is|are) no (?:time|number|text|json|object|list|identifier|url|page|token|delivery|fault|error|secret|proof)",
    "is not a X, or say what is missing",
  ],
  ["asks for nothing", "requires nothing"],
  ["for choice", "preferably"],
  ["so for", "the same applies to"],
  ["have it that", "claim"],
  ["let alone", "much less, or delete it"],
  ["in the moment that", "when"],
  ["by whom", "which X does"],
  ["of which nobody", "that no one"],
  ["as one would", "like"],
  ["(?:goes|go|going|went) on", "continues"],
  ["(?:comes|come|came) to", "is, results in, reaches"],
  ["this many", "the name of the parameter, the number of X after which"],
  ["on the way", "in transit, between the sender and the receiver"],
  ["(?<!at )once (?:it|they|its|their|the)", "after, as soon as"],
];

/**
 * Rules for names: use `max` and `min`, never `most` and `least`. The old words are forbidden between hyphens
 * too.
 */
const NAMES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<=\w-)(?:whoever|nobody|anybody|somebody|everybody|anew)(?!\w)/gi, "every-tenant, no-one, again"],
  [/(?<![\w-])(?:whoever|nobody|anybody|somebody|everybody|anew)(?=-\w)/gi, "every-tenant, no-one, again"],
  [/\b(?:MOST|LEAST)(?:_[A-Z0-9_]+)\b/g, "MAX_…, MIN_…"],
  [/\b(?:most|least)[A-Z]\w*/g, "max…, min…"],
];

/**
 * Matches what separates two words of an idiom: a space, or a line break with the next line's comment or list
 * marker.
 */
const GAP = String.raw`(?:[ \t]+|[ \t]*\r?\n[ \t]*(?:\*|//|#|>|--)?[ \t]*)`;

const rules = [
  ...IDIOMS.map(([pattern, instead]) => ({
    pattern: new RegExp(String.raw`(?<![\w-])(?:${pattern.replaceAll(" ", GAP)})(?![\w-])`, "gi"),
    instead,
  })),
  ...NAMES.map(([pattern, instead]) => ({ pattern, instead })),
];

/** One idiom found in a text. `line` counts from 1. */
export interface Finding {
  readonly line: number;
  readonly words: string;
  readonly instead: string;
}

/** Lists the idioms in a text, in order of their place. */
export function findIdioms(text: string): Finding[] {
  const found = rules.flatMap(({ pattern, instead }) =>
    [...text.matchAll(pattern)].map(({ 0: words, index }) => ({ index, words, instead })),
  );
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ index, words, instead }) => ({
      line: text.slice(0, index).split("\n").length,
      words: words.replace(/\s+/g, " "),
      instead,
    }));
}

/**
 * Removes the allowed passages from a text, keeping line numbers; `unused` lists entries that no longer
 * match.
 */
export function removeAllowed(file: string, text: string, allowed: readonly Allowed[]) {
  const unused: Allowed[] = [];
  let rest = text;
  for (const entry of allowed.filter((candidate) => candidate.file === file)) {
    if (!rest.includes(entry.text)) unused.push(entry);
    rest = rest.replaceAll(entry.text, entry.text.replace(/[^\n]/g, "_"));
  }
  return { rest, unused };
}

const CHECKED = /\.(?:[cm]?[jt]sx?|md|html|css|ya?ml|json|sql|sh)$|(?:^|\/)(?:Dockerfile|run)$/;
/** Files that are not checked: licenses, the lock file, and code generated from checked sources. */
const NOT_CHECKED =
  /(?:^|\/)LICENSE$|^pnpm-lock\.yaml$|\.gen\.ts$|^language-(?:lint(?:\.test)?|allowed)\.ts$|^spec\/1\.0\/schemas\/.*\.json$/;

function main(paths: readonly string[]): number {
  const root = import.meta.dirname;
  const listed = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...paths],
    {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const files = listed
    .split("\0")
    .filter(Boolean)
    .map((file) => relative(root, realpathSync(file)))
    .filter((file) => CHECKED.test(file) && !NOT_CHECKED.test(file));
  let count = 0;
  for (const file of files) {
    const { rest, unused } = removeAllowed(file, readFileSync(join(root, file), "utf8"), ALLOWED);
    for (const { line, words, instead } of findIdioms(rest)) {
      console.error(`${file}:${line}: "${words}" is not plain English here; write: ${instead}`);
      count += 1;
    }
    for (const { text } of unused) {
      console.error(
        `${file}: language-allowed.ts allows "${text}", but this file no longer contains it: remove the entry`,
      );
      count += 1;
    }
  }
  if (paths.length === 0) {
    for (const { file } of ALLOWED.filter((entry) => !files.includes(entry.file))) {
      console.error(
        `${file}: language-allowed.ts names this file, but the lint does not check it: remove the entry`,
      );
      count += 1;
    }
  }
  if (count > 0)
    console.error(`${count} found. To allow an exception, add the text and a reason to language-allowed.ts.`);
  return count > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
