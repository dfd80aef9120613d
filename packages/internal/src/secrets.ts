import { failureCodeOf } from "./patience.ts";

/** The secrets that no error may quote: the credential in every encoded form, and its access tokens. */
export interface Secrets {
  /**
   * Adds an access token and forgets the oldest one, so that a long-lived client does not accumulate tokens.
   */
  addToken(token: string): void;
  /** Removes all secrets from a text. */
  removedFrom(text: string): string;
  /** Removes all secrets from text that may be JSON, however its strings are escaped. */
  removedFromBody(body: string): string;
}

/**
 * Number of tokens to remember. Calls with older tokens ended long ago, so their responses no longer matter.
 */
const MAX_TOKENS = 4;

/** Creates the store of secrets that no error may quote. */
export function secretsOf(credential: readonly string[]): Secrets {
  const tokens: string[] = [];
  // The longest come first, because the client id may be part of the client secret.
  const all = () => [...credential, ...tokens].toSorted((a, b) => b.length - a.length);
  const removedFrom = (text: string) =>
    all().reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  const removedFromValue = (value: unknown): unknown => {
    if (typeof value === "string") return removedFrom(value);
    if (Array.isArray(value)) return value.map(removedFromValue);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [removedFrom(key), removedFromValue(member)]),
    );
  };
  return {
    addToken(token) {
      if (tokens.includes(token)) return;
      tokens.push(token);
      if (tokens.length > MAX_TOKENS) tokens.shift();
    },
    removedFrom,
    removedFromBody(body) {
      try {
        return JSON.stringify(removedFromValue(JSON.parse(body)));
      } catch {
        return removedFrom(body);
      }
    },
  };
}

/**
 * Copies only the message and the code of an error. Runtimes attach data that contains the credential, such
 * as the request or the bytes that they could not parse.
 */
export function bareError(error: unknown, secrets: Pick<Secrets, "removedFrom">): Error {
  const bare = new Error(secrets.removedFrom(error instanceof Error ? error.message : String(error)));
  return Object.assign(bare, { code: failureCodeOf(error) });
}
