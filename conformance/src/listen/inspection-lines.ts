import type { Diagnosis } from "@convergint/diagnose";
import { printable } from "../report/printable.ts";
import type { StyleText } from "../report/style.ts";
import { describeAnswer } from "./answer-programme.ts";
import type { Inspection, Step } from "./inspection.ts";
import type { AnsweredDelivery } from "./test-endpoint.ts";

const MARK = { ok: "✓", wrong: "✗", unknown: "?" } as const;
const STYLE = { ok: "green", wrong: "red", unknown: "yellow" } as const;
const MOST_PROBLEMS = 20;
const BODY_CHARACTERS = 300;

/** What a diagnosis comes to, first what to change first. */
function diagnosisLines(diagnosis: Diagnosis): string[] {
  if (diagnosis.verdict === "valid") return [];
  if (diagnosis.verdict === "unknown") {
    return [`cause    ${diagnosis.explanation}`, ...diagnosis.compare.map((line) => `compare  ${line}`)];
  }
  return diagnosis.mistakes.flatMap(({ title, explanation, fix, where }) => [
    `cause    ${title} (at the ${where === "between" ? "proxy between" : where})`,
    `         ${explanation}`,
    ...Object.entries(fix).map(
      ([name, line], index) =>
        `${index === 0 ? "change" : "      "}   ${name === "line" ? line : `${name.padEnd(8)} ${line}`}`,
    ),
  ]);
}

function stepLines({ step, outcome, says, requirements }: Step, style: StyleText): string {
  const cited = outcome === "wrong" ? ` (${requirements.join(", ")})` : "";
  return `  ${style(STYLE[outcome], MARK[outcome])} ${step.replace("_", " ").padEnd(11)} ${says}${cited}`;
}

function problemLines({ problems }: Inspection): string[] {
  const hidden = problems.length - MOST_PROBLEMS;
  return [
    ...problems
      .slice(0, MOST_PROBLEMS)
      .map(
        ({ pointer, message, requirement }) =>
          `      ${pointer || "(body)"}: ${message}${requirement ? ` (${requirement})` : ""}`,
      ),
    ...(hidden > 0 ? [`      … and ${hidden} more`] : []),
  ];
}

/** A delivery for people: what was looked at, what is wrong, why, and the line to change. */
export function inspectionLines(delivered: AnsweredDelivery, style: StyleText): string {
  const { inspection, answer } = printable(delivered);
  const { number, receivedAt, webhookId, attempt, eventTypes, good, steps } = inspection;
  const what = [...new Set(eventTypes)].join(", ") || "a delivery";
  const again = attempt > 1 ? `, attempt ${attempt}` : "";
  const head = `#${number} ${receivedAt.slice(11, 19)}  ${what}  ${webhookId ?? "without webhook-id"}${again}`;
  return [
    `${style("bold", head)}  → ${describeAnswer(answer)}`,
    ...steps.flatMap((each) => [
      stepLines(each, style),
      ...(each.step === "event" && each.outcome === "wrong" && each.requirements[0] !== "SIG-003"
        ? problemLines(inspection)
        : []),
      ...(each.step === "signature" && inspection.diagnosis
        ? diagnosisLines(inspection.diagnosis).map((line) => `      ${line}`)
        : []),
    ]),
    ...(good ? [] : [`    body        ${inspection.body.slice(0, BODY_CHARACTERS)}`]),
    "",
  ].join("\n");
}
