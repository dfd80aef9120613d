/** What no error may repeat: the credential in every form it travels in, and the tokens it was exchanged for. */
export interface Secrets {
  /** Remembers an access token; the oldest is forgotten, or a client would collect them for as long as it lives. */
  addToken(token: string): void;
  /** A text without any of the secrets. */
  removedFrom(text: string): string;
  /** The same for text that may be JSON, however its strings are escaped. */
  removedFromBody(body: string): string;
}

/** How many tokens are remembered; an answer to a call made with an older one has long been read. */
const MOST_TOKENS = 4;

/** Keeps what no error may repeat. */
export function secretsOf(credential: readonly string[]): Secrets {
  const tokens: string[] = [];
  // The longest first: a client id may be a part of the secret.
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
      tokens.push(token);
      if (tokens.length > MOST_TOKENS) tokens.shift();
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
