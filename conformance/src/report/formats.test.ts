import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import type { TriggerRecord } from "../evidence/trigger-record.ts";
import { formats } from "./formats.ts";
import { createReport } from "./report.ts";
import { renderTerminal } from "./terminal.ts";
import { createHostileRun, HOSTILE } from "./testing/hostile-run.ts";

const run = createHostileRun();
const report = createReport(run);
const [first] = report.requirements;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals act on these
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

describe("renders a vendor's text as plain text", () => {
  test.each(["junit", "markdown", "badge"] as const)("%s", (format) => {
    const text = formats[format](report, run);
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(/<script|<img/);
    expect(text.length).toBeLessThan(100_000);
    expect(text.isWellFormed()).toBe(true);
  });

  test("json: escapes what a terminal would obey, without changing the data", () => {
    const hostile = { ...report, vendor: "a\u009b2J\u202e\u007f\n\u001b[2J" };
    const text = formats.json(hostile, run);
    expect(text).not.toMatch(CONTROL);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(hostile)));
  });

  test("terminal: strips the vendor's escape sequences", () => {
    const text = renderTerminal(report, { color: false });
    expect(text).not.toMatch(CONTROL);
    expect(text).toContain(first?.text);
    expect(text).toContain(
      "rerun     convergint-conformance run --target 'https://vendor.example/a'\\''b' --only",
    );
    expect(text.length).toBeLessThan(60_000);
  });

  test("markdown: escapes markup and links, and keeps code inside its fence", () => {
    const text = formats.markdown(report, run);
    expect(text).not.toContain("[x](");
    const fences = text.split("\n").filter((line) => /^`{3,}/.test(line));
    expect(fences.length % 2).toBe(0);
  });
});

describe("says in every format how devices changed", () => {
  const shown: readonly [TriggerRecord, string][] = [
    [{ kind: "sandbox", changes: 1040, devices: 520 }, "1040 changes of 520 devices by sandbox control"],
    [{ kind: "command", changes: 2, devices: 1 }, "2 changes of 1 device by --trigger-cmd"],
    [{ kind: "person", changes: 14, devices: 2 }, "14 changes of 2 devices by a person"],
    [{ kind: "observed", changes: 312, types: 4, hours: 24 }, "observed: 312 changes of 4 types in 24 h"],
  ];

  test.each(shown)("%j", (trigger, words) => {
    const changed = createReport({ ...run, trigger });
    expect(JSON.parse(formats.json(changed, run)).trigger).toEqual(trigger);
    expect(renderTerminal(changed, { color: false })).toContain(`trigger  ${words}\n`);
    expect(formats.html(changed, run)).toContain(`trigger: ${words}<`);
    expect(formats.markdown(changed, run)).toContain(`Trigger: ${words}.`);
    expect(formats.junit(changed, run)).toContain(
      `<properties><property name="trigger" value="${words}"/></properties>`,
    );
  });

  test("a bundle of an earlier version: derives it from the changes of the health profile", () => {
    const by = (method: string, status: number) => {
      const command = exchange({}, { status });
      return { deviceId: "d1", command: { ...command, request: { ...command.request, method } } };
    };
    const older = (...changes: readonly object[]) =>
      createReport({ ...run, record: { parts: { health: { changes } as never }, missing: {} } }).trigger;
    expect(older(by("TRIGGER", 200), by("TRIGGER", 500))).toEqual({
      kind: "command",
      changes: 1,
      devices: 1,
    });
    expect(older(by("POST", 200), by("POST", 200))).toEqual({ kind: "sandbox", changes: 2, devices: 1 });
    expect(report.trigger).toBeNull();
  });
});

test("shows the member that failed, even if a report omits the part of the body that has it", () => {
  const data = Array.from({ length: 900 }, (_, index) => ({
    device_id: `d${index}`,
    note: "x".repeat(300),
    status: "fine",
  }));
  const listed = exchange({ data });
  const failure = {
    at: listed.id,
    where: "/data/800/status",
    expected: "online",
    actual: "fine",
    hint: "Fix it.",
  };
  const [result] = run.results;
  const long = createReport({
    ...run,
    record: { parts: { discovery: { manifest: listed } }, missing: {} },
    results: result ? [{ ...result, failures: [failure] }] : [],
  });
  const excerpt = '/data/800: {"status":"fine","device_id":"d800","note":"xxx';
  expect(renderTerminal(long, { color: false })).toContain(`    body      ${excerpt}`);
  expect(formats.html(long, run)).toContain("/data/800: {&quot;status&quot;:&quot;fine&quot;");
});

describe("counts the failures that it omits and lists where they occurred", () => {
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

  test("terminal: after two failures", () => {
    const text = renderTerminal(many, { color: false });
    expect(text).toContain("Failed for 23 of 40");
    expect(text).toContain(
      "… and 21 more, in x1, x2, x3, x4, x5, x6, x7, x8 and 3 others; see the JSON report for all",
    );
  });

  test("markdown: after three failures", () => {
    expect(formats.markdown(many, run)).toContain("… and 20 more, in x1, x2,");
    expect(formats.markdown(many, run)).toContain("Failed for 23 of 40.");
  });

  test("says when every item failed, and omits the share when items are of different kinds", () => {
    const each = many.requirements.map((requirement) => ({
      ...requirement,
      judged: requirement.failures.length,
    }));
    expect(renderTerminal({ ...many, requirements: each }, { color: false })).toContain("Failed for all 23");
    const unlike = many.requirements.map((requirement) => ({ ...requirement, judged: null }));
    expect(renderTerminal({ ...many, requirements: unlike }, { color: false })).not.toContain("Failed for");
  });

  test("escapes ids, which a bundle can set to any text", () => {
    const hostile = many.requirements.map((requirement) => ({
      ...requirement,
      failures: requirement.failures.map((failure, index) => ({ ...failure, at: `${HOSTILE}${index}` })),
    }));
    expect(formats.markdown({ ...many, requirements: hostile }, run)).not.toMatch(
      /<script|<img|(?<!\\)@channel/,
    );
  });

  test("omits the count when all failures are shown", () => {
    const two = many.requirements.map((each) => ({ ...each, failures: each.failures.slice(0, 2) }));
    expect(renderTerminal({ ...many, requirements: two }, { color: false })).not.toContain(" more, in");
  });
});

test("JUnit: each requirement is a case, and an untested one is an error", () => {
  const text = formats.junit(report, run);
  expect(text.match(/<testcase /g)).toHaveLength(6);
  expect(text).toContain('tests="6" failures="2" errors="1" skipped="1"');
  const open = [...text.matchAll(/<(\w+)[^>]*[^/]>/g)].length;
  expect([...text.matchAll(/<\/[\w-]+>/g)]).toHaveLength(open);
  const nothing = formats.junit({ ...report, conclusion: "unreachable", requirements: [] }, run);
  expect(nothing).toContain('<error type="unreachable"');
});

describe("GitHub: one annotation per line", () => {
  const COMMAND = /^::(error|warning|notice) title=([^:,]*)::/;

  test("the conclusion, then each requirement that is not met, whatever the vendor's text contains", () => {
    const lines = formats.github(report, run).trimEnd().split("\n");
    expect(lines.map((line) => COMMAND.exec(line)?.[1])).toEqual(["error", "error", "error", "warning"]);
    expect(formats.github(report, run)).not.toMatch(CONTROL);
    expect(lines[0]).toContain("title=NOT CONFORMANT::");
    expect(lines[1]).toContain(`title=${first?.id} (${first?.level})::`);
    expect(lines[1]).toContain("%0A1 more; see the HTML report.");
  });

  test("escapes what would end a line, a title or the command", () => {
    const requirements = report.requirements.slice(0, 1).map((each) => ({
      ...each,
      id: "A:B,C",
      failures: each.failures.slice(0, 1).map((failure) => ({ ...failure, actual: "1%0A\r\n::add-mask::x" })),
    }));
    const lines = formats
      .github({ ...report, requirements }, run)
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("title=A%3AB%2CC ");
    expect(lines[1]).toContain("actual: 1%250A\ufffd%0A::add-mask::x");
  });

  test("only the conclusion, if the target did not respond", () => {
    const text = formats.github({ ...report, conclusion: "unreachable" }, run);
    expect(text.match(/^::/gm)).toHaveLength(1);
    expect(text).toContain("title=UNREACHABLE::");
  });

  test("a known failure is a notice, and a certified run has no error", () => {
    const [failed] = report.requirements;
    const known = [{ id: failed?.id ?? "", reason: "Fixed in release 7.", expires: "2027-01-31" }];
    const requirements = report.requirements.slice(0, 1);
    const baseline = { known, stale: [], holds: true };
    const ignored = formats.github({ ...report, conclusion: "incomplete", requirements, baseline }, run);
    expect(ignored).not.toContain("::error");
    expect(ignored).toContain("Known failure until 2027-01-31: Fixed in release 7.");
    const certified = formats.github({ ...report, conclusion: "certified", requirements: [] }, run);
    expect(certified).toMatch(/^::notice title=CERTIFIED::.*\n$/);
  });
});

test("HAR holds all traffic in both directions, in order", () => {
  const { log } = JSON.parse(formats.har(report, run)) as {
    log: { version: string; entries: { comment: string; startedDateTime: string }[] };
  };
  expect(log.version).toBe("1.2");
  expect(log.entries).toHaveLength(3);
  expect(log.entries.map(({ startedDateTime }) => startedDateTime)).toEqual(
    log.entries.map(({ startedDateTime }) => startedDateTime).toSorted(),
  );
});

test("a badge says certified only for a complete, certified run", () => {
  const conclusions = ["certified", "incomplete", "interrupted", "not_conformant"] as const;
  const said = conclusions.map((conclusion) => formats.badge({ ...report, conclusion }, run));
  expect(said.map((text) => text.includes("certified: inventory"))).toEqual([true, false, false, false]);
  expect(formats.badge({ ...report, conclusion: "certified", partial: true }, run)).not.toContain(
    "certified: inventory",
  );
});

test("JSON keeps texts unchanged", () => {
  const kept = JSON.parse(formats.json(report, run)) as typeof report;
  expect(kept.requirements[0]?.failures[0]?.actual).toBe(HOSTILE);
});
