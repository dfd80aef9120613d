import { parseStrictJson, StrictJsonError } from "@convergint/internal/strict-json";

const REDACTED = "[redacted]";

function redactAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return REDACTED;
  if (Array.isArray(value)) return value.map((each) => redactAt(each, [name, ...rest]));
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return value;
  const members = value as Readonly<Record<string, unknown>>;
  return { ...members, [name]: redactAt(members[name], rest) };
}

/**
 * Replaces members of a body, so that no secret is stored, shown, or seen by an expression.
 *
 * @param paths such as `body.sharedSecret`; in a list, the member of each element
 */
export const redact = (body: unknown, paths: readonly string[]): unknown =>
  paths.reduce((value, path) => redactAt(value, path.split(".").slice(1)), body);

/** Returns a raw body as text that may be stored and shown. Text that is not JSON may hold a secret anywhere. */
export function redactText(body: Uint8Array, paths: readonly string[]): string {
  if (paths.length === 0) return new TextDecoder().decode(body);
  try {
    return JSON.stringify(redact(parseStrictJson(body).value, paths));
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return `(${body.length} bytes that are not JSON; not shown, because bodies of this profile may hold a secret)`;
  }
}
