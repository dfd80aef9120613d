import type { Run } from "../suite/run.ts";
import type { Report } from "./report.ts";

const REDACTED = "[redacted]";

/** Every secret the run knows of: the key it was given, and whatever looks like an endpoint's in an answer. */
function secretsOf(run: Run, apiKey: string): string[] {
  const { health, endpoints } = run.record.parts;
  const answered = [endpoints?.created, endpoints?.createdBeside, endpoints?.listed].flatMap(
    (exchange) => exchange?.response?.body.match(/whsec_[A-Za-z0-9+/=_-]+/g) ?? [],
  );
  return [apiKey, ...(health ? [health.secret] : []), ...answered].filter((secret) => secret !== "");
}

/** Takes secrets out of every text in a value; names of members stay. */
function clean<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === "string") {
    return secrets.reduce<string>((text, secret) => text.replaceAll(secret, REDACTED), value) as T;
  }
  if (Array.isArray(value)) return value.map((member) => clean(member, secrets)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, clean(member, secrets)]),
  ) as T;
}

/**
 * A report without secrets, before it is written anywhere. What comes from outside is cleaned, wherever a vendor may
 * have echoed a secret; the contract's own words are left alone, or a short key would eat holes into them.
 */
export function redacted(report: Report, run: Run, apiKey: string): Report {
  const secrets = secretsOf(run, apiKey);
  return {
    ...report,
    target: clean(report.target, secrets),
    vendor: clean(report.vendor, secrets),
    exchanges: clean(report.exchanges, secrets),
    deliveries: clean(report.deliveries, secrets),
    requirements: report.requirements.map((requirement) => ({
      ...requirement,
      failures: clean(requirement.failures, secrets),
      reason: clean(requirement.reason, secrets),
    })),
  };
}
