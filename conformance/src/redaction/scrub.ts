import { listEncodings } from "./encodings.ts";
import { createEscapedReplacer } from "./escaped-secrets.ts";
import { createReplacer, REDACTED } from "./replace.ts";
import { findSecrets } from "./secrets.ts";

/** Replacing shorter ones would cut into ordinary words. */
const MIN_SECRET_LENGTH = 4;

/**
 * Creates a function that redacts messages, such as errors: it replaces the given credentials and everything that looks
 * like a secret.
 *
 * @param credentials the known credentials
 */
export function createScrubber(credentials: readonly string[]): (text: string) => string {
  return (text) => {
    const secrets = findSecrets(credentials, [text]).filter(({ length }) => length >= MIN_SECRET_LENGTH);
    const pairs = secrets.map((secret) => [secret, REDACTED] as const);
    const encodings = secrets.flatMap((secret) => listEncodings(secret, REDACTED));
    const replace = createReplacer(encodings.map(({ secret }) => ({ secret, placeholder: REDACTED })));
    return createEscapedReplacer(pairs)(replace(text));
  };
}
