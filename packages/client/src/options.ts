import { type Credential, isApiKey } from "./credential.ts";
import { VendorClientError } from "./errors.ts";
import { isPlainHttpUrl } from "./plain-url.ts";

/** What a timer can wait for; a longer time would be taken for none. */
const MOST_TIMEOUT_SECONDS = 2_147_483;

/** Visible ASCII, which a header can carry. */
const BEARER = /^[\x21-\x7e]+$/;
/** What RFC 6749 (appendix A) allows in a client's id, its secret and its scopes. */
const PRINTABLE = /^[\x20-\x7e]+$/;

function insist(holds: boolean, advice: string): void {
  if (!holds) throw new VendorClientError("invalid_option", advice);
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === "string" && pattern.test(value);

/**
 * Refuses options no call could be made with. What was given is not repeated: it may hold a secret.
 *
 * @throws {VendorClientError} `invalid_option`
 */
export function requireOptions(baseUrl: string, credential: Credential, timeoutSeconds: number): void {
  insist(
    isPlainHttpUrl(baseUrl),
    "The base URL is none that can be called: give http or https, without a name or password in it.",
  );
  insist(
    timeoutSeconds > 0 && timeoutSeconds <= MOST_TIMEOUT_SECONDS,
    `timeoutSeconds is none that can be kept: give more than 0 and at most ${MOST_TIMEOUT_SECONDS}.`,
  );
  if (isApiKey(credential)) {
    insist(
      isText(credential.apiKey, BEARER),
      "The API key is none that a header can carry: give it as it was issued, visible ASCII characters without spaces or line ends.",
    );
  } else {
    const { clientId, clientSecret, scope } = credential;
    insist(
      isText(clientId, PRINTABLE) && isText(clientSecret, PRINTABLE),
      "The client id or secret is none: give both as they were issued, ASCII characters without line ends.",
    );
    insist(
      scope === undefined || isText(scope, PRINTABLE),
      "The scope is none: give scopes separated by spaces, or leave it out.",
    );
  }
}
