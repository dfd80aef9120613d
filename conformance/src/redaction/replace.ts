import type { Encoding } from "./encodings.ts";

/** The text that replaces a secret in everything that people read. */
export const REDACTED = "[redacted]";

/** Applies a function to every string in a value, except member names. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((member) => mapTexts(member, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]),
  ) as T;
}

/** Creates a pattern that matches any of the texts, preferring the longest. @param texts not empty */
export function createMatcher(texts: readonly string[]): RegExp {
  const longestFirst = texts.toSorted((one, other) => other.length - one.length);
  const escaped = longestFirst.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(escaped.join("|"), "g");
}

/** Creates a function that replaces every encoding of every secret in one pass. */
export function createReplacer(encodings: readonly Encoding[]): (text: string) => string {
  if (encodings.length === 0) return (text) => text;
  const bySecret = new Map(encodings.map(({ secret, placeholder }) => [secret, placeholder]));
  const matcher = createMatcher([...bySecret.keys()]);
  return (text) => text.replaceAll(matcher, (found) => bySecret.get(found) ?? found);
}
