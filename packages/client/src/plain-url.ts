import { isAllowedHost } from "@convergint/internal/same-domain";
import { VendorClientError } from "./errors.ts";

/** Checks that a URL is http or https and has no user name or password, because error messages quote URLs. */
export function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Returns a URL without its query, which may contain tokens. */
export const placeOf = (url: string): string => url.split("?", 1)[0] ?? url;

/** What decides which URLs of a manifest the credential may be sent to. */
export interface UrlRule {
  /** Base URL of the manifest. */
  readonly baseUrl: string;
  /** Hosts outside the base URL's domain that the operator allows. */
  readonly allowHosts: readonly string[];
}

/**
 * Rejects a URL of the manifest that the credential must not be sent to.
 *
 * @param name the URL's name in the manifest
 * @throws {VendorClientError} `invalid_payload` if the URL contains a user name, a password, a fragment or, as an `api_base`,
 *   a query, or is http although the manifest was read over https; `destination_refused` if it is on another domain
 */
export function requireSafeUrl(
  name: "api_base" | "token_url",
  url: string,
  { baseUrl, allowHosts }: UrlRule,
): void {
  const invalid = (problem: string) =>
    new VendorClientError("invalid_payload", `The manifest's ${name} ${problem}`, { url: baseUrl });
  if (!isPlainHttpUrl(url)) {
    throw invalid("contains a user name or password. Ask the vendor to remove it.");
  }
  // Checks the text instead of the parsed URL, because even an empty query would swallow the path that is appended.
  if (url.includes("#") || (name === "api_base" && url.includes("?"))) {
    throw invalid("contains a query or fragment. Ask the vendor to remove it.");
  }
  const [{ protocol, hostname }, base] = [new URL(url), new URL(baseUrl)];
  if (base.protocol === "https:" && protocol !== "https:") {
    throw invalid(
      `is an http URL, although the manifest came over https. The client does not send the credential unencrypted. Ask the vendor for an https ${name}.`,
    );
  }
  if (isAllowedHost(hostname, base.hostname, allowHosts)) return;
  throw new VendorClientError(
    "destination_refused",
    `The manifest's ${name} is on ${hostname}, which does not belong to the domain of ${base.hostname}. The client does not send the credential there. If the vendor confirms that ${hostname} is theirs, allow it with allowHosts, or in convergint-ingest with --allow-host ${hostname}.`,
    { url: placeOf(url) },
  );
}
