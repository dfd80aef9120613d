import { isIP } from "node:net";
import { DeliveryError } from "../errors.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

/** Where deliveries may go. */
export interface DestinationOptions {
  /** For a sandbox: lets deliveries go to this machine, with TLS or without. */
  readonly allowLoopback?: boolean | undefined;
}

/** The host of a URL as the resolver takes it. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");

/** Names that mean this machine, whatever a resolver says (RFC 6761). */
export const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost");

/** Domains that are nobody's on the public internet, by a registry's word or by what networks use. */
const PRIVATE_NAME =
  /\.(?:localhost|local|internal|intranet|lan|corp|home|private|svc|test|invalid|home\.arpa|onion|alt)$/;

/** A name without a dot, or below a domain set aside for private use, leads into the vendor's own network. */
const isPublicName = (host: string): boolean => host.includes(".") && !PRIVATE_NAME.test(host);

/**
 * Refuses a destination that no delivery may go to, as far as its text tells. What a name resolves to is judged when a
 * delivery connects.
 *
 * @throws {DeliveryError} `invalid_destination`
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export function checkDestination(address: string, { allowLoopback = false }: DestinationOptions = {}): void {
  const refuse = (message: string) => new DeliveryError("invalid_destination", message);
  const url = URL.parse(address);
  if (url === null)
    throw refuse("Give the destination as a whole URL, such as https://hooks.example.com/in.");
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      "Leave user name and password out of the destination: its signature authenticates a delivery.",
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("Give an https URL.");
  const host = hostOf(url);
  if (isLoopbackName(host) || isLoopbackAddress(host)) {
    if (allowLoopback) return;
    throw refuse("Give an address on the public internet; this one leads back to our own machine.");
  }
  if (url.protocol !== "https:") throw refuse("Give an https URL: an event must not travel in the clear.");
  if (!(isIP(host) === 0 ? isPublicName(host) : isPublicAddress(host)))
    throw refuse("Give an address on the public internet; this one is private or reserved.");
}
