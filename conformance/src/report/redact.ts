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

/**
 * A report in which people see that something was taken out. The evidence holds no secrets any more, but stand-ins
 * that look like them. The contract's own words are left alone.
 */
export function redacted(report: Report, { standIns }: Pick<Run, "standIns">): Report {
  if (standIns.length === 0) return report;
  const any = anyOf(standIns);
  const mark = <T>(value: T) => mapTexts(value, (text) => text.replaceAll(any, REDACTED));
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
