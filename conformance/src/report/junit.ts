import { type Html, html, raw } from "@convergint/internal/html";
import { toPrintable } from "@convergint/internal/printable";
import { describeTrigger } from "../evidence/trigger-record.ts";
import type { Report } from "./report.ts";
import { toRerunCommand } from "./reproduce.ts";

type Reported = Report["requirements"][number];

/** Renders the outcome of a requirement. A broken SHOULD or MAY never fails a build. */
function renderOutcome(report: Report, { id, verdict, failures, reason }: Reported): Html {
  const details = failures
    .map(({ at, where, expected, actual, hint }) =>
      [`in ${at}${where ? ` at ${where}` : ""}`, `expected: ${expected}`, `actual: ${actual}`, hint].join(
        "\n",
      ),
    )
    .join("\n\n");
  const message = failures[0]
    ? `expected: ${failures[0].expected}; actual: ${failures[0].actual}`
    : (reason ?? "");
  switch (verdict) {
    case "fail":
      return html`<failure type="fail" message="${message}">${details}

${toRerunCommand(report, id)}</failure>`;
    case "harness-error":
      return html`<error type="harness-error" message="${message}"/>`;
    // An untested requirement must not look like a pass.
    case "could-not-run":
      return html`<error type="could-not-run" message="${message}"/>`;
    case "not-applicable":
      return html`<skipped message="${message}"/>`;
    case "warn":
    case "info":
      return html`<system-out>${verdict}: ${details}</system-out>`;
    case "pass":
      return reason === null ? html`` : html`<system-out>${message}</system-out>`;
  }
}

/** Renders the outcome; a known failure counts as skipped. */
function renderCaseOutcome(report: Report, requirement: Reported): Html {
  const known = findKnown(report, requirement);
  if (!known) return renderOutcome(report, requirement);
  return html`<skipped message="known failure until ${known.expires}: ${known.reason}"/>`;
}

const findKnown = ({ baseline }: Report, { id, verdict }: Reported) =>
  verdict === "fail" ? baseline?.known.find((known) => known.id === id) : undefined;

/** Renders outdated baseline entries, which fail the build. */
function renderStaleEntries({ baseline }: Report): Html[] {
  const stale = baseline?.stale ?? [];
  if (stale.length === 0) return [];
  const cases = stale.map(
    ({ id, reason }) =>
      html`<testcase classname="baseline" name="${id}"><failure type="stale" message="${reason}"/></testcase>`,
  );
  return [
    html`  <testsuite name="baseline" tests="${stale.length}" failures="${stale.length}" errors="0" skipped="0" time="0">${cases}</testsuite>\n`,
  ];
}

/** Renders the requirements of one profile. */
function renderProfile(report: Report, profile: string, all: readonly Reported[]): Html {
  const count = (...verdicts: readonly Reported["verdict"][]) =>
    all.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const known = all.filter((each) => findKnown(report, each) !== undefined).length;
  const cases = all.map(
    (each) =>
      html`    <testcase classname="${profile}" name="${each.id} ${each.text}" time="0">${renderCaseOutcome(report, each)}</testcase>\n`,
  );
  return html`  <testsuite name="${profile}" tests="${all.length}" failures="${count("fail") - known}" errors="${count("could-not-run", "harness-error")}" skipped="${count("not-applicable") + known}" time="0" timestamp="${report.started_at}">
${report.trigger && html`    <properties><property name="trigger" value="${describeTrigger(report.trigger)}"/></properties>\n`}${cases}  </testsuite>\n`;
}

/**
 * Renders an error for a run without a result, because CI systems treat a report without test cases as a
 * success.
 */
function renderConclusion({ conclusion, baseline, no_answer }: Report): Html[] {
  if (conclusion === "certified" || conclusion === "not_conformant" || baseline?.holds) return [];
  return [
    html`  <testsuite name="run" tests="1" failures="0" errors="1" skipped="0" time="0"><testcase classname="run" name="conclusion"><error type="${conclusion}" message="${no_answer ?? conclusion}"/></testcase></testsuite>\n`,
  ];
}

/** Renders a report as JUnit XML: a test suite per profile, a test case per requirement. */
export function renderJunit(reported: Report): string {
  const report = toPrintable(reported, { keepLines: true });
  const seconds = (Date.parse(report.finished_at) - Date.parse(report.started_at)) / 1000;
  const profiles = [...Map.groupBy(report.requirements, ({ profile }) => profile)];
  return html`${raw('<?xml version="1.0" encoding="UTF-8"?>')}
<testsuites name="vendor cloud contract ${report.contract_version}" time="${seconds}">
${profiles.map(([profile, all]) => renderProfile(report, profile, all))}${renderStaleEntries(report)}${renderConclusion(report)}</testsuites>
`.text;
}
