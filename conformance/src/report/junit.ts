import type { Report } from "./report.ts";
import { toRerunCommand } from "./reproduce.ts";
import { escapeMarkup, toPrintable } from "./safe-text.ts";

type Reported = Report["requirements"][number];

/** Renders the outcome of a requirement. A SHOULD or MAY never fails a build. */
function renderOutcome(report: Report, { id, verdict, failures, reason }: Reported): string {
  const details = failures
    .map(({ at, where, expected, actual, hint }) =>
      [`in ${at}${where ? ` at ${where}` : ""}`, `expected: ${expected}`, `actual: ${actual}`, hint].join(
        "\n",
      ),
    )
    .join("\n\n");
  const message = escapeMarkup(
    failures[0] ? `expected: ${failures[0].expected}; actual: ${failures[0].actual}` : (reason ?? ""),
  );
  switch (verdict) {
    case "fail":
      return `<failure type="fail" message="${message}">${escapeMarkup(`${details}\n\n${toRerunCommand(report, id)}`)}</failure>`;
    case "harness-error":
      return `<error type="harness-error" message="${message}"/>`;
    // An untested requirement must not look like a pass.
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

/** Renders the outcome; a known failure counts as skipped. */
function renderCaseOutcome(report: Report, requirement: Reported): string {
  const known = findKnown(report, requirement);
  if (!known) return renderOutcome(report, requirement);
  return `<skipped message="${escapeMarkup(`known failure until ${known.expires}: ${known.reason}`)}"/>`;
}

const findKnown = ({ baseline }: Report, { id, verdict }: Reported) =>
  verdict === "fail" ? baseline?.known.find((known) => known.id === id) : undefined;

/** Renders outdated baseline entries, which fail the build. */
function renderStaleEntries({ baseline }: Report): string[] {
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

/** Renders a report as JUnit XML: a test suite per profile, a test case per requirement. */
export function renderJunit(reported: Report): string {
  const report = toPrintable(reported, { keepLines: true });
  const seconds = (Date.parse(report.finished_at) - Date.parse(report.started_at)) / 1000;
  const suites = [...Map.groupBy(report.requirements, ({ profile }) => profile)].map(([profile, all]) => {
    const count = (...verdicts: readonly Reported["verdict"][]) =>
      all.filter(({ verdict }) => verdicts.includes(verdict)).length;
    const cases = all.map(
      (each) =>
        `    <testcase classname="${escapeMarkup(profile)}" name="${escapeMarkup(`${each.id} ${each.text}`)}" time="0">${renderCaseOutcome(report, each)}</testcase>`,
    );
    const known = all.filter((each) => findKnown(report, each) !== undefined).length;
    const counts = `tests="${all.length}" failures="${count("fail") - known}" errors="${count("could-not-run", "harness-error")}" skipped="${count("not-applicable") + known}"`;
    return `  <testsuite name="${escapeMarkup(profile)}" ${counts} time="0" timestamp="${report.started_at}">\n${cases.join("\n")}\n  </testsuite>`;
  });
  // CI systems take a run without cases for a success, so a run without a result gets an error.
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
    ...renderStaleEntries(report),
    ...concluded,
    "</testsuites>",
    "",
  ].join("\n");
}
