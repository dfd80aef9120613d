import { escapeMarkup } from "./escape-markup.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { rerunOf } from "./reproduce.ts";

type Reported = Report["requirements"][number];

/** The outcome of a requirement as JUnit's element; a pass has none, or says what was not seen. SHOULD and MAY break no build. */
function outcome(report: Report, { id, verdict, failures, reason }: Reported): string {
  const details = failures
    .map(({ at, where, expected, actual, hint }) =>
      [`in ${at}${where ? ` at ${where}` : ""}`, `expected ${expected}`, `got ${actual}`, hint].join("\n"),
    )
    .join("\n\n");
  const message = escapeMarkup(
    failures[0] ? `expected ${failures[0].expected}; got ${failures[0].actual}` : (reason ?? ""),
  );
  switch (verdict) {
    case "fail":
      return `<failure type="fail" message="${message}">${escapeMarkup(`${details}\n\n${rerunOf(report, id)}`)}</failure>`;
    case "harness-error":
      return `<error type="harness-error" message="${message}"/>`;
    // Nobody may take for a pass what was not judged.
    case "could-not-run":
      return `<error type="could-not-run" message="${message}"/>`;
    case "not-applicable":
      return `<skipped message="${message}"/>`;
    case "warn":
    case "info":
      return `<system-out>${escapeMarkup(`${verdict}: ${details}`)}</system-out>`;
    case "pass":
      return reason === null ? "" : `<system-out>${message}</system-out>`;
  }
}

/** The outcome where a failure may be known: that breaks no build. */
function caseOutcome(report: Report, requirement: Reported): string {
  const known = knownIn(report, requirement);
  if (!known) return outcome(report, requirement);
  return `<skipped message="${escapeMarkup(`known until ${known.expires}: ${known.reason}`)}"/>`;
}

const knownIn = ({ baseline }: Report, { id, verdict }: Reported) =>
  verdict === "fail" ? baseline?.known.find((known) => known.id === id) : undefined;

/** Entries of the baseline that have to go break the build. */
function staleEntries({ baseline }: Report): string[] {
  const stale = baseline?.stale ?? [];
  if (stale.length === 0) return [];
  const cases = stale.map(
    ({ id, reason }) =>
      `<testcase classname="baseline" name="${escapeMarkup(id)}"><failure type="stale" message="${escapeMarkup(reason)}"/></testcase>`,
  );
  return [
    `  <testsuite name="baseline" tests="${stale.length}" failures="${stale.length}" errors="0" skipped="0" time="0">${cases.join("")}</testsuite>`,
  ];
}

/** A report as JUnit XML, which every CI system reads: a suite for each profile, a case for each requirement. */
export function junitReport(reported: Report): string {
  const report = printable(reported, { keepLines: true });
  const seconds = (Date.parse(report.finished_at) - Date.parse(report.started_at)) / 1000;
  const suites = [...Map.groupBy(report.requirements, ({ profile }) => profile)].map(([profile, all]) => {
    const count = (...verdicts: readonly Reported["verdict"][]) =>
      all.filter(({ verdict }) => verdicts.includes(verdict)).length;
    const cases = all.map(
      (each) =>
        `    <testcase classname="${escapeMarkup(profile)}" name="${escapeMarkup(`${each.id} ${each.text}`)}" time="0">${caseOutcome(report, each)}</testcase>`,
    );
    const known = all.filter((each) => knownIn(report, each) !== undefined).length;
    const counts = `tests="${all.length}" failures="${count("fail") - known}" errors="${count("could-not-run", "harness-error")}" skipped="${count("not-applicable") + known}"`;
    return `  <testsuite name="${escapeMarkup(profile)}" ${counts} time="0" timestamp="${report.started_at}">\n${cases.join("\n")}\n  </testsuite>`;
  });
  // A run without a single case is a success to most readers; one that came to nothing is an error.
  const concluded =
    report.conclusion === "certified" || report.conclusion === "not_conformant" || report.baseline?.holds
      ? []
      : [
          `  <testsuite name="run" tests="1" failures="0" errors="1" skipped="0" time="0"><testcase classname="run" name="conclusion"><error type="${report.conclusion}" message="${escapeMarkup(report.no_answer ?? report.conclusion)}"/></testcase></testsuite>`,
        ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeMarkup(`vendor cloud contract ${report.contract_version}`)}" time="${seconds}">`,
    ...suites,
    ...staleEntries(report),
    ...concluded,
    "</testsuites>",
    "",
  ].join("\n");
}
