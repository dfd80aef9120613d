import { MockError } from "./mock-error.ts";

/**
 * Reads a URL that handlers are made for.
 *
 * @returns it without a slash at the end
 * @throws {MockError} `invalid_option`
 */
export function requireUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.search}${url.hash}` === "";
  if (plain) return url.href.replace(/\/$/, "");
  throw new MockError(
    "invalid_option",
    "The url must be http or https, without a user name, query or fragment, such as https://vendor.example.",
  );
}
