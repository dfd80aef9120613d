import { VendorClientError } from "./errors.ts";

/** Tells whether calls can go to a URL: http or https, and no name or password in it, which errors would repeat. */
export function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Where a call goes, without the query, which may hold tokens. */
export const placeOf = (url: string): string => url.split("?", 1)[0] ?? url;

/**
 * Refuses a URL of the manifest that the credential must not go to.
 *
 * @param name what the manifest calls it, such as `api_base`
 * @param baseUrl where the manifest came from
 * @throws {VendorClientError} `invalid_payload` where it holds a password, or lacks the https that the manifest came by
 */
export function requireSafeUrl(name: string, url: string, baseUrl: string): void {
  if (!isPlainHttpUrl(url)) {
    throw new VendorClientError(
      "invalid_payload",
      `The manifest's ${name} has a name or password in it. Ask the vendor to send it without.`,
    );
  }
  if (new URL(baseUrl).protocol === "https:" && new URL(url).protocol !== "https:") {
    throw new VendorClientError(
      "invalid_payload",
      `The manifest came by https and names a ${name} without it, where the credential would travel in clear. Ask the vendor for an https ${name}.`,
    );
  }
}
