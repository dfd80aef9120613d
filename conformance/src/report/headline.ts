import type { Conclusion } from "../suite/verdict.ts";
import type { Report } from "./report.ts";

/** Each conclusion in two words. */
export const HEADLINE: Readonly<Record<Conclusion, string>> = {
  certified: "CERTIFIED",
  not_conformant: "NOT CONFORMANT",
  incomplete: "INCOMPLETE",
  unreachable: "UNREACHABLE",
  interrupted: "INTERRUPTED",
  harness_error: "HARNESS ERROR",
};

/** The conclusion of a report in two words, and whether a part was judged alone. */
export const headlineOf = ({ conclusion, partial, baselined }: Report): string =>
  `${HEADLINE[conclusion]}${partial ? " (partial run)" : ""}${baselined ? " (with a baseline)" : ""}`;

/** What the conclusion means, in one sentence, or two where known failures were set aside. */
export const summaryOf = (report: Report): string =>
  report.baseline ? `${conclusionOf(report)} ${baselineOf(report.baseline)}` : conclusionOf(report);

function baselineOf({ known, stale, holds }: NonNullable<Report["baseline"]>): string {
  const aside = known.map(({ id, expires }) => `${id} until ${expires}`).join(", ") || "nothing";
  const gone = stale.map(({ id, reason }) => ` ${id} has to go from it: ${reason}.`).join("");
  return `The baseline sets aside ${aside}, and certifies nothing.${gone}${holds ? " Nothing else is wrong." : ""}`;
}

function conclusionOf({
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
      return `${names}: every requirement that applies and is judged is met.`;
    case "not_conformant":
      return `${names}: ${broken.join(", ")} ${broken.length === 1 ? "is" : "are"} broken.`;
    case "incomplete":
      if (stopped === "out_of_time")
        return "The time budget was over before everything was seen, so nothing is certified.";
      if (baselined) return `${names}: nothing is certified in a run with a baseline.`;
      return `${names}: nothing was found broken, and not everything could be judged, so nothing is certified.`;
    case "unreachable":
      return `${target} gave ${no_answer}. Check ${subject === "receiver" ? "--url, and that the consumer runs" : "--target, and that the vendor's cloud runs"}.`;
    case "interrupted":
      return "The run was stopped before its end; nothing is certified.";
    case "harness_error":
      return "A check of this suite failed by itself. This is our defect, not yours: please report it.";
  }
}

/** What to do now, in one sentence, for whoever is to decide it. */
export function nextStepOf({ conclusion, stopped, baselined }: Report): string {
  switch (conclusion) {
    case "certified":
      return "Keep the evidence bundle, and sign it with `certify` if the integrator asks for a certificate. Run the suite again with every release.";
    case "not_conformant":
      return "Mend what is listed below, one requirement after the other; each names what was expected and the command that tries it again.";
    case "incomplete":
      if (stopped === "out_of_time")
        return "Give the run more time with --time-budget SECONDS, or mend what it was waiting for, which is named below.";
      if (baselined) return "Mend the known failures, and run the suite again without --baseline.";
      return "Provide what the suite lacked, listed below with the reason, and run it again without --only.";
    case "unreachable":
      return "Start what was to answer, or correct the address, and run the suite again.";
    case "interrupted":
      return "Run the suite again, to its end.";
    case "harness_error":
      return "Send the evidence bundle of this run to those who maintain the suite.";
  }
}
