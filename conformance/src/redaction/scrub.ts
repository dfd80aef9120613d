import { REDACTED } from "./mark.ts";
import { replacer } from "./replacer.ts";
import { secretsOf } from "./secrets.ts";
import { speltOut } from "./spelt-out.ts";
import { writingsOf } from "./writings.ts";

/** A shorter one would take pieces out of words. */
const LEAST_SECRET = 4;

/**
 * Makes a function that takes secrets out of words that are shown once and never judged, such as an error's: in each
 * text those that were given, and whatever in it looks like one.
 *
 * @param credentials those that are known
 */
export function scrubber(credentials: readonly string[]): (text: string) => string {
  return (text) => {
    const secrets = secretsOf(credentials, [text]).filter(({ length }) => length >= LEAST_SECRET);
    const pairs = secrets.map((secret) => [secret, REDACTED] as const);
    const writings = secrets.flatMap((secret) => writingsOf(secret, REDACTED));
    const marked = replacer(writings.map(({ secret }) => ({ secret, standIn: REDACTED })));
    return speltOut(pairs)(marked(text));
  };
}
