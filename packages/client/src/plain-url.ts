import { VendorClientError } from "./errors.ts";

/** Checks that a URL is http or https and has no user name or password, because error messages quote URLs. */
export function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Returns a URL without its query, which may contain tokens. */
export const placeOf = (url: string): string => url.split("?", 1)[0] ?? url;

/**
 * Rejects a URL of the manifest that the credential must not be sent to.
 *
 * @param name the URL's name in the manifest, such as `api_base`
 * @param baseUrl base URL of the manifest
 * @throws {VendorClientError} `invalid_payload` if the URL contains a user name or password, or is http
 *   although the manifest was read over https
 */
export function requireSafeUrl(name: string, url: string, baseUrl: string): void {
  if (!isPlainHttpUrl(url)) {
    throw new VendorClientError(
      "invalid_payload",
      `The manifest's ${name} contains a user name or password. Ask the vendor to remove it.`,
    );
  }
  if (new URL(baseUrl).protocol === "https:" && new URL(url).protocol !== "https:") {
    throw new VendorClientError(
      "invalid_payload",
      `The manifest's ${name} is an http URL, although the manifest came over https. The client does not send the credential unencrypted. Ask the vendor for an https ${name}.`,
    );
  }
}
