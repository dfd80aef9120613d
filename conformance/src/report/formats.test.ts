import { describe, expect, test } from "vitest";
import { formats } from "./formats.ts";
import { reportOf } from "./report.ts";
import { terminalReport } from "./terminal.ts";
import { HOSTILE, hostileRun } from "./testing/hostile-run.ts";

const run = hostileRun();
const report = reportOf(run);
const [first] = report.requirements;

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal obeys these
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

describe("what a vendor wrote is text, and no more", () => {
  test.each(["junit", "markdown", "badge"] as const)("%s", (format) => {
    const text = formats[format](report, run);
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(/<script|<img/);
    expect(text.length).toBeLessThan(100_000);
    expect(text.isWellFormed()).toBe(true);
  });

  test("a terminal's colours are ours alone", () => {
    const text = terminalReport(report, { color: false });
    expect(text).not.toMatch(CONTROL);
    expect(text).toContain(first?.text);
    expect(text).toContain(
      "rerun     convergint-conformance run --target 'https://vendor.example/a'\\''b' --only",
    );
    expect(text.length).toBeLessThan(60_000);
  });

  test("in Markdown it is neither markup nor a link, and code stays in its fence", () => {
    const text = formats.markdown(report, run);
    expect(text).not.toContain("[x](");
    const fences = text.split("\n").filter((line) => /^`{3,}/.test(line));
    expect(fences.length % 2).toBe(0);
  });
});

describe("failures that are not shown whole are counted, with where they were seen", () => {
  const alike = Array.from({ length: 23 }, (_, index) => ({
    at: `x${Math.floor(index / 2)}`,
    expected: "a name",
    actual: "none",
    hint: "Give it a name.",
  }));
  const many = {
    ...report,
    requirements: report.requirements.map((each) =>
      each.failures.length > 0 ? { ...each, failures: alike, judged: 40 } : each,
    ),
  };

  test("in a terminal, where two are shown", () => {
    const text = terminalReport(many, { color: false });
    expect(text).toContain("Wrong in 23 of 40");
    expect(text).toContain(
      "… and 21 more like this, in x1, x2, x3, x4, x5, x6, x7, x8 and 3 others; the JSON report has them all",
    );
  });

  test("in Markdown, where three are", () => {
    expect(formats.markdown(many, run)).toContain("… and 20 more like this, in x1, x2,");
    expect(formats.markdown(many, run)).toContain("Wrong in 23 of 40.");
  });

  test("and where each is wrong, that is said", () => {
    const each = many.requirements.map((requirement) => ({
      ...requirement,
      judged: requirement.failures.length,
    }));
    expect(terminalReport({ ...many, requirements: each }, { color: false })).toContain("Wrong in all of 23");
    const unlike = many.requirements.map((requirement) => ({ ...requirement, judged: null }));
    expect(terminalReport({ ...many, requirements: unlike }, { color: false })).not.toContain("Wrong in");
  });

  test("by ids that are text, whoever wrote the bundle", () => {
    const hostile = many.requirements.map((requirement) => ({
      ...requirement,
      failures: requirement.failures.map((failure, index) => ({ ...failure, at: `${HOSTILE}${index}` })),
    }));
    expect(formats.markdown({ ...many, requirements: hostile }, run)).not.toMatch(
      /<script|<img|(?<!\\)@channel/,
    );
  });

  test("and none is spoken of where there is none", () => {
    const two = many.requirements.map((each) => ({ ...each, failures: each.failures.slice(0, 2) }));
    expect(terminalReport({ ...many, requirements: two }, { color: false })).not.toContain("more like this");
  });
});

test("JUnit: each requirement is a case, and what was not judged is no pass", () => {
  const text = formats.junit(report, run);
  expect(text.match(/<testcase /g)).toHaveLength(6);
  expect(text).toContain('tests="6" failures="2" errors="1" skipped="1"');
  const open = [...text.matchAll(/<(\w+)[^>]*[^/]>/g)].length;
  expect([...text.matchAll(/<\/[\w-]+>/g)]).toHaveLength(open);
  const nothing = formats.junit({ ...report, conclusion: "unreachable", requirements: [] }, run);
  expect(nothing).toContain('<error type="unreachable"');
});

test("HAR has everything that went over the wire, both ways, in order", () => {
  const { log } = JSON.parse(formats.har(report, run)) as {
    log: { version: string; entries: { comment: string; startedDateTime: string }[] };
  };
  expect(log.version).toBe("1.2");
  expect(log.entries).toHaveLength(3);
  expect(log.entries.map(({ startedDateTime }) => startedDateTime)).toEqual(
    log.entries.map(({ startedDateTime }) => startedDateTime).toSorted(),
  );
});

test("a badge says certified only of a whole run that is", () => {
  const conclusions = ["certified", "incomplete", "interrupted", "not_conformant"] as const;
  const said = conclusions.map((conclusion) => formats.badge({ ...report, conclusion }, run));
  expect(said.map((text) => text.includes("certified: inventory"))).toEqual([true, false, false, false]);
  expect(formats.badge({ ...report, conclusion: "certified", partial: true }, run)).not.toContain(
    "certified: inventory",
  );
});

test("JSON keeps what was said as it was, for programs", () => {
  const kept = JSON.parse(formats.json(report, run)) as typeof report;
  expect(kept.requirements[0]?.failures[0]?.actual).toBe(HOSTILE);
});
