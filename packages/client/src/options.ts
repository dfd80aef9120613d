import { VendorClientError } from "./errors.ts";

/** Tells whether calls can go to a URL: http or https, and no name or password in it, which errors would repeat. */
export function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/**
 * Refuses options no call could be made with. What was given is not repeated: it may hold a secret.
 *
 * @throws {VendorClientError} `invalid_option`
 */
export function requireOptions(baseUrl: string, apiKey: string): void {
  if (!isPlainHttpUrl(baseUrl)) {
    throw new VendorClientError(
      "invalid_option",
      "The base URL is none that can be called: give http or https, without a name or password in it.",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new VendorClientError(
      "invalid_option",
      "The API key is none that a header can carry: give it as it was issued, visible ASCII characters without spaces or line ends.",
    );
  }
}
