import { isObject, parseJson, textOf, textsIn } from "../evidence/read.ts";
import type { Run } from "../suite/run.ts";
import type { Report } from "./report.ts";
import { trafficIn } from "./traffic.ts";

const REDACTED = "[redacted]";

/** The secrets in one answer: whatever looks like an endpoint's, and what the vendor calls a secret. */
function secretsIn(body: string): string[] {
  const value = parseJson(body);
  const called = isObject(value) ? (textOf(value, "secret") ?? []) : [];
  // In a body that is not JSON, as it stands there.
  const texts = value === undefined ? [body] : textsIn(value);
  return texts.flatMap((text) => text.match(/whs(?:ec|k)_[A-Za-z0-9+/=_-]+/g) ?? []).concat(called);
}

/** The ways a text may be written within a JSON text; PHP escapes the slashes of base64. */
const writings = (secret: string): string[] => {
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [secret, escaped, escaped.replaceAll("/", "\\/")];
};

/** Every secret the run knows of, the longest first, so that none leaves the end of another behind. */
function secretsOf(run: Run, given: readonly string[]): string[] {
  const answered = trafficIn(run.record).exchanges.flatMap(({ response }) =>
    response ? secretsIn(response.body) : [],
  );
  return [...new Set([...given, ...answered].flatMap(writings))]
    .filter((secret) => secret !== "")
    .toSorted((one, other) => other.length - one.length);
}

/** How much of a secret at the end of a text that was cut still tells of it. */
const TELLING = 4;

/** A text without a secret, nor its beginning where the text was cut in the middle of it. */
function withoutSecret(text: string, secret: string): string {
  const whole = text.replaceAll(secret, REDACTED);
  if (!whole.endsWith("…")) return whole;
  for (let length = secret.length - 1; length >= TELLING; length -= 1) {
    const end = `${secret.slice(0, length)}…`;
    if (whole.endsWith(end)) return `${whole.slice(0, -end.length)}${REDACTED}…`;
  }
  return whole;
}

/** Takes secrets out of every text in a value; names of members stay. */
function clean<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === "string") return secrets.reduce<string>(withoutSecret, value) as T;
  if (Array.isArray(value)) return value.map((member) => clean(member, secrets)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, clean(member, secrets)]),
  ) as T;
}

/**
 * A report without secrets, before it is written anywhere. What comes from outside is cleaned, wherever a vendor may
 * have echoed a secret; the contract's own words are left alone, or a short key would eat holes into them.
 *
 * @param given the credentials and secrets that the run was given
 */
export function redacted(report: Report, run: Run, given: readonly string[]): Report {
  const secrets = secretsOf(run, given);
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
