import type { Diagnosis, Mistake } from "@convergint/diagnose";
import { toPrintable } from "@convergint/internal/printable";
import type { StyleText } from "../report/terminal.ts";
import { describeAnswer } from "./answer-script.ts";
import type { Inspection, Step } from "./inspection.ts";
import type { AnsweredDelivery } from "./test-endpoint.ts";

const MARK = { ok: "✓", wrong: "✗", unknown: "?" } as const;
const STYLE = { ok: "green", wrong: "red", unknown: "yellow" } as const;
/** Where the mistake is. */
const PLACES: Readonly<Record<Mistake["where"], string>> = {
  sender: "at the sender",
  receiver: "at the receiver",
  between: "at the proxy in between",
  either: "at the sender or the receiver",
};
const MAX_PROBLEMS = 20;
const MAX_BODY = 300;

/** Renders a diagnosis, most important change first. */
function renderDiagnosis(diagnosis: Diagnosis): string[] {
  if (diagnosis.verdict === "valid") return [];
  if (diagnosis.verdict === "unknown") {
    return [`cause    ${diagnosis.explanation}`, ...diagnosis.compare.map((line) => `compare  ${line}`)];
  }
  return diagnosis.mistakes.flatMap(({ title, explanation, fix, where }) => [
    `cause    ${title} (${PLACES[where]})`,
    `         ${explanation}`,
    ...Object.entries(fix).map(
      ([name, line], index) =>
        `${index === 0 ? "change" : "      "}   ${name === "line" ? line : `${name.padEnd(8)} ${line}`}`,
    ),
  ]);
}

function renderStep({ step, outcome, says, requirements }: Step, style: StyleText): string {
  const cited = outcome === "wrong" ? ` (${requirements.join(", ")})` : "";
  return `  ${style(STYLE[outcome], MARK[outcome])} ${step.replace("_", " ").padEnd(11)} ${says}${cited}`;
}

function renderProblems({ problems }: Inspection): string[] {
  const hidden = problems.length - MAX_PROBLEMS;
  return [
    ...problems
      .slice(0, MAX_PROBLEMS)
      .map(
        ({ pointer, message, requirement }) =>
          `      ${pointer || "(body)"}: ${message}${requirement ? ` (${requirement})` : ""}`,
      ),
    ...(hidden > 0 ? [`      … and ${hidden} more`] : []),
  ];
}

/** Renders a delivery for a terminal: each step, what is wrong, why, and the line to change. */
export function renderInspection(delivered: AnsweredDelivery, style: StyleText): string {
  const { inspection, answer } = toPrintable(delivered);
  const { number, receivedAt, webhookId, attempt, eventTypes, good, steps } = inspection;
  const what = [...new Set(eventTypes)].join(", ") || "delivery";
  const again = attempt > 1 ? `, attempt ${attempt}` : "";
  const head = `#${number} ${receivedAt.slice(11, 19)}  ${what}  ${webhookId ?? "no webhook-id"}${again}`;
  return [
    `${style("bold", head)}  → ${describeAnswer(answer)}`,
    ...steps.flatMap((each) => [
      renderStep(each, style),
      ...(each.step === "event" && each.outcome === "wrong" && each.requirements[0] !== "SIG-003"
        ? renderProblems(inspection)
        : []),
      ...(each.step === "signature" && inspection.diagnosis
        ? renderDiagnosis(inspection.diagnosis).map((line) => `      ${line}`)
        : []),
    ]),
    ...(good ? [] : [`    body        ${inspection.body.slice(0, MAX_BODY)}`]),
    "",
  ].join("\n");
}

/** Summarizes all deliveries in one line. */
export function renderSummary(inspections: readonly Pick<Inspection, "good" | "steps">[]): string {
  if (inspections.length === 0) return "No webhooks received.";
  const good = inspections.filter((each) => each.good).length;
  const counts = new Map<string, number>();
  for (const { steps } of inspections) {
    const broken = steps.flatMap(({ outcome, requirements }) => (outcome === "wrong" ? requirements : []));
    for (const id of new Set(broken)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const times = [...counts].map(([id, count]) => `${id} ${count === 1 ? "once" : `${count} times`}`);
  const deliveries = inspections.length === 1 ? "1 delivery" : `${inspections.length} deliveries`;
  return `${deliveries}, ${good} valid${times.length > 0 ? `; failed: ${times.join(", ")}` : ""}.`;
}
