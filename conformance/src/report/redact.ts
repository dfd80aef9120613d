import { createMatcher, mapTexts, REDACTED } from "../redaction/encodings.ts";
import type { Run } from "../suite/grade.ts";
import type { Report } from "./report.ts";

/** Creates a function that replaces placeholders with `[redacted]` in every text of a value. */
export function createMarker({ placeholders }: Pick<Run, "placeholders">): <T>(value: T) => T {
  if (placeholders.length === 0) return (value) => value;
  const matcher = createMatcher(placeholders);
  return (value) => mapTexts(value, (text) => text.replaceAll(matcher, REDACTED));
}

/**
 * Replaces placeholders in a report with `[redacted]`, because a placeholder looks like a real secret. Leaves the text of
 * requirements unchanged.
 */
export function redactReport(report: Report, run: Pick<Run, "placeholders">): Report {
  const mark = createMarker(run);
  return {
    ...report,
    target: mark(report.target),
    vendor: mark(report.vendor),
    stop_reason: mark(report.stop_reason),
    exchanges: mark(report.exchanges),
    deliveries: mark(report.deliveries),
    requirements: report.requirements.map((requirement) => ({
      ...requirement,
      failures: mark(requirement.failures),
      reason: mark(requirement.reason),
    })),
  };
}
