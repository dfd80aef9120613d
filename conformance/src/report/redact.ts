import { anyOf } from "../redaction/any-of.ts";
import type { Run } from "../suite/grade.ts";
import type { Report } from "./report.ts";

const REDACTED = "[redacted]";

/** Changes every text in a value; names of members stay. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((member) => mapTexts(member, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]),
  ) as T;
}

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
