import { getDomain } from "tldts";

/** Names and addresses that mean this machine. */
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const nameOf = (host: string): string => host.toLowerCase().replace(/\.+$/, "");

/**
 * Checks whether two hosts belong to one owner: they are equal, or have the same registrable domain by the Public Suffix
 * List. `a.azurewebsites.net` and `b.azurewebsites.net` belong to two owners.
 *
 * @param host as in `URL.hostname`
 */
export function isSameDomain(host: string, other: string): boolean {
  const [one, two] = [nameOf(host), nameOf(other)];
  if (one === two || (LOOPBACK.test(one) && LOOPBACK.test(two))) return true;
  // Providers such as azurewebsites.net are in the private part of the list.
  const domain = getDomain(one, { allowPrivateDomains: true });
  return domain !== null && domain === getDomain(two, { allowPrivateDomains: true });
}

/** Checks whether a host is the base URL's, of its registrable domain, or one that the operator named. */
export const isAllowedHost = (host: string, baseHost: string, allowHosts: readonly string[]): boolean =>
  isSameDomain(host, baseHost) || allowHosts.some((allowed) => nameOf(allowed) === nameOf(host));
