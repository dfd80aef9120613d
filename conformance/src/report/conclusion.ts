import type { Conclusion } from "../suite/verdict.ts";
import type { Report } from "./report.ts";

/** The conclusions as headlines. */
export const HEADLINE: Readonly<Record<Conclusion, string>> = {
  certified: "CERTIFIED",
  not_conformant: "NOT CONFORMANT",
  incomplete: "INCOMPLETE",
  unreachable: "UNREACHABLE",
  interrupted: "INTERRUPTED",
  harness_error: "HARNESS ERROR",
};

/** Renders the headline, marking partial runs and runs with a baseline. */
export const renderHeadline = ({ conclusion, partial, baselined }: Report): string =>
  `${HEADLINE[conclusion]}${partial ? " (partial run)" : ""}${baselined ? " (with a baseline)" : ""}`;

/** Explains the conclusion in one sentence, and the effect of a baseline in another. */
export const explainConclusion = (report: Report): string =>
  [
    // If a run ended early and nothing failed, the reason explains enough.
    ...(endedEarly(report) && report.conclusion !== "not_conformant" ? [] : [explainVerdicts(report)]),
    ...(report.baseline ? [explainBaseline(report.baseline)] : []),
    ...(endedEarly(report) ? [report.stop_reason] : []),
  ].join(" ");

/** Whether the run ended early because all further calls would have failed for the same reason. */
export const endedEarly = ({ stopped }: Report): boolean =>
  stopped !== null && stopped !== "interrupted" && stopped !== "out_of_time";

function explainBaseline({ known, stale, holds }: NonNullable<Report["baseline"]>): string {
  const ignored = known.map(({ id, expires }) => `${id} until ${expires}`).join(", ") || "nothing";
  const outdated = stale.map(({ id, reason }) => ` Baseline entry ${id} is outdated: ${reason}.`).join("");
  return `The baseline ignores ${ignored}; a run with a baseline is never certified.${outdated}${holds ? " There are no other failures." : ""}`;
}

function explainVerdicts({
  conclusion,
  profiles,
  requirements,
  subject,
  target,
  no_answer,
  stopped,
  baselined,
}: Report): string {
  const names = profiles.map(({ name }) => name).join(", ");
  const broken = requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
  switch (conclusion) {
    case "certified":
      return `${names}: every applicable requirement that was tested is met.`;
    case "not_conformant":
      return `${names}: ${broken.join(", ")} failed.`;
    case "incomplete":
      if (stopped === "out_of_time")
        return "The time budget ran out before all requirements were tested, so nothing is certified.";
      if (baselined) return `${names}: a run with a baseline is never certified.`;
      return `${names}: no requirement failed, but some requirements could not be tested, so nothing is certified.`;
    case "unreachable":
      return `No response from ${target} (${no_answer}). Check ${subject === "receiver" ? "--url, and check that the consumer is running" : "--target, and check that the vendor's cloud is running"}.`;
    case "interrupted":
      return "The run was interrupted; nothing is certified.";
    case "harness_error":
      return "A check of this suite crashed. This is a bug in the suite, not in your system. Please report it.";
  }
}

/** Recommends the next step. */
export function recommendNextStep(report: Report): string {
  if (endedEarly(report)) return "Fix the reason why the run ended early, and run the suite again.";
  const { conclusion, stopped, baselined } = report;
  switch (conclusion) {
    case "certified":
      return "Keep the evidence bundle. If the integrator asks for a certificate, sign the bundle with `certify`. Run the suite again for every release.";
    case "not_conformant":
      return "Fix the failures listed below. Each failure shows what was expected, and the command that tests the requirement again.";
    case "incomplete":
      if (stopped === "out_of_time")
        return "Increase --time-budget SECONDS, or fix the cause of the wait that is named below.";
      if (baselined) return "Fix the known failures and run the suite again without --baseline.";
      return "See below what was missing and why. Provide the missing inputs, and run the suite again without --only.";
    case "unreachable":
      return "Start the server or correct the address, and run the suite again.";
    case "interrupted":
      return "Run the suite again and let it finish.";
    case "harness_error":
      return "Send the evidence bundle of this run to the maintainers of the suite.";
  }
}
