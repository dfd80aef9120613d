import { anyOf } from "../redaction/any-of.ts";
import { mapTexts } from "../redaction/map-texts.ts";
import { REDACTED } from "../redaction/mark.ts";
import type { Run } from "../suite/grade.ts";
import type { Report } from "./report.ts";

/** Makes a function that shows, in every text of a value, where something was taken out. */
export function marking({ standIns }: Pick<Run, "standIns">): <T>(value: T) => T {
  if (standIns.length === 0) return (value) => value;
  const any = anyOf(standIns);
  return (value) => mapTexts(value, (text) => text.replaceAll(any, REDACTED));
}

/**
 * A report in which people see that something was taken out. The evidence holds no secrets any more, but stand-ins
 * that look like them. The contract's own words are left alone.
 */
export function redacted(report: Report, run: Pick<Run, "standIns">): Report {
  const mark = marking(run);
  return {
    ...report,
    target: mark(report.target),
    vendor: mark(report.vendor),
    exchanges: mark(report.exchanges),
    deliveries: mark(report.deliveries),
    requirements: report.requirements.map((requirement) => ({
      ...requirement,
      failures: mark(requirement.failures),
      reason: mark(requirement.reason),
    })),
  };
}
