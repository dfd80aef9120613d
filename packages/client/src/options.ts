import { type Credential, isApiKey } from "./credential.ts";
import { VendorClientError } from "./errors.ts";
import { isPlainHttpUrl } from "./plain-url.ts";

/** The longest delay that a timer supports; a timer with a longer delay would fire immediately. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/** Visible ASCII characters, which are valid in a header. */
const BEARER = /^[\x21-\x7e]+$/;
/** Characters that RFC 6749 (appendix A) allows in a client's id, secret and scopes. */
const PRINTABLE = /^[\x20-\x7e]+$/;

function insist(holds: boolean, advice: string): void {
  if (!holds) throw new VendorClientError("invalid_option", advice);
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === "string" && pattern.test(value);

/**
 * Rejects invalid options. Does not quote their values: they may contain a secret.
 *
 * @throws {VendorClientError} `invalid_option`
 */
export function requireOptions(baseUrl: string, credential: Credential, timeoutSeconds: number): void {
  insist(
    isPlainHttpUrl(baseUrl),
    "Invalid base URL: pass an http or https URL without user name and password.",
  );
  insist(
    timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS,
    `Invalid timeoutSeconds: pass a number above 0 and at most ${MAX_TIMEOUT_SECONDS}.`,
  );
  if (isApiKey(credential)) {
    insist(
      isText(credential.apiKey, BEARER),
      "Invalid API key: pass the key as issued, in visible ASCII characters without spaces or line ends.",
    );
  } else {
    const { clientId, clientSecret, scope } = credential;
    insist(
      isText(clientId, PRINTABLE) && isText(clientSecret, PRINTABLE),
      "Invalid client id or secret: pass both as issued, in ASCII characters without line ends.",
    );
    insist(
      scope === undefined || isText(scope, PRINTABLE),
      "Invalid scope: pass scopes separated by spaces, or omit scope.",
    );
  }
}
