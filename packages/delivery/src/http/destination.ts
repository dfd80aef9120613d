import { isIP } from "node:net";
import { DeliveryError } from "../errors.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

/** Which destinations are allowed. */
export interface DestinationOptions {
  /** Allows deliveries to this machine, with or without TLS. Use this only in a sandbox. */
  readonly allowLoopback?: boolean | undefined;
}

/** Returns the host of a URL in the form that DNS resolvers accept. */
const parseHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");

/** Checks for names that always mean this machine (RFC 6761). */
export const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost");

/** Domains that do not exist on the public internet: reserved domains, and domains for private networks. */
const PRIVATE_NAME =
  /\.(?:localhost|local|internal|intranet|lan|corp|home|private|svc|test|invalid|home\.arpa|onion|alt)$/;

/**
 * Excludes names that lead into the vendor's own network: names without a dot and names in a private domain.
 */
const isPublicName = (host: string): boolean => host.includes(".") && !PRIVATE_NAME.test(host);

/**
 * Throws if the text of a URL shows that deliveries must not be sent to it. The addresses behind a
 * host name are checked when a delivery connects.
 *
 * @throws {DeliveryError} `invalid_destination`
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export function checkDestination(address: string, { allowLoopback = false }: DestinationOptions = {}): void {
  const refuse = (message: string) => new DeliveryError("invalid_destination", message);
  const url = URL.parse(address);
  if (url === null)
    throw refuse("The destination must be a complete URL, such as https://hooks.example.com/in.");
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      "The destination must not contain a user name or password. Receivers authenticate deliveries by the signature.",
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw refuse("The destination must be an https URL.");
  const host = parseHost(url);
  if (isLoopbackName(host) || isLoopbackAddress(host)) {
    if (allowLoopback) return;
    throw refuse("The destination is the sender's own machine. Use a destination on the public internet.");
  }
  if (url.protocol !== "https:")
    throw refuse("The destination must be an https URL: events must be encrypted in transit.");
  if (!(isIP(host) === 0 ? isPublicName(host) : isPublicAddress(host)))
    throw refuse("The destination is private or reserved. Use a destination on the public internet.");
}
