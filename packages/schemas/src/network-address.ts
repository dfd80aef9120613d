import { text } from "./text.ts";
import { canonicalMacAddress } from "./values.ts";

/**
 * A MAC address on the wire. Keeps an unreadable address
 * unchanged, so that the device stays in the inventory.
 */
export const macAddressSchema = text(0, 64)
  .overwrite((written) => canonicalMacAddress(written) ?? written)
  .meta({ description: "MAC address in any common notation.", examples: ["00:11:22:aa:bb:cc"] });

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Strips prefix length, brackets and zone from an address. */
function bareAddress(written: string): { address: string; prefixLength: number | null } {
  const [, outside = "", prefix] = /^(.*?)(?:\/(\d{1,3}))?$/s.exec(written) ?? [];
  const [, inside = outside] = /^\[(.*)\]$/s.exec(outside) ?? [];
  const [, address = inside] = /^([^%]*:[^%]*)%[^%\s]+$/.exec(inside) ?? [];
  return { address, prefixLength: prefix === undefined ? null : Number(prefix) };
}

/** Parses the eight groups of an IPv6 address; `null` if invalid. */
function ipv6Groups(address: string): number[] | null {
  const [, head = address, tail] = /^(.*:)((?:\d+\.){3}\d+)$/.exec(address) ?? [];
  if (tail !== undefined && !IPV4.test(tail)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = (tail ?? "").split(".").map(Number);
  const hex =
    tail === undefined ? address : `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const halves = hex.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const [left = [], right] = halves;
  const given = left.length + (right?.length ?? 0);
  if (halves.length > 2 || (right === undefined ? given !== 8 : given > 7)) return null;
  const groups = [...left, ...Array.from({ length: 8 - given }, () => "0"), ...(right ?? [])];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : null;
}

/**
 * Formats as in RFC 5952: lower case, no leading zeros, and `::` for the longest run of zero groups
 * (the first one if several are equally long).
 */
function writeIpv6(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join(".");
  }
  const hex = groups.map((group) => group.toString(16)).join(":");
  const runs = [...hex.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)];
  const longest = runs.reduce<RegExpExecArray | null>(
    (best, run) => (best === null || run[0].length > best[0].length ? run : best),
    null,
  );
  if (longest === null) return hex;
  const before = hex.slice(0, longest.index).replace(/:$/, "");
  const after = hex.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

/**
 * Normalizes an IPv4 or IPv6 address in any common notation. Drops a prefix length (`/24`),
 * a zone (`%eth0`) and brackets; accepts any letter case, and compressed or full IPv6.
 * Returns an IPv4-mapped IPv6 address as IPv4.
 *
 * @returns dotted decimal, or IPv6 as in RFC 5952; `null` if the text is not an address
 * @see spec/1.0/contract.md#values-as-vendors-write-them
 */
export function canonicalIpAddress(text: string): string | null {
  const { address, prefixLength } = bareAddress(text.trim());
  if (IPV4.test(address)) return (prefixLength ?? 0) <= 32 ? address : null;
  const groups = ipv6Groups(address);
  return groups && (prefixLength ?? 0) <= 128 ? writeIpv6(groups) : null;
}

/**
 * An IP address on the wire. Keeps an unreadable address
 * unchanged, so that the device stays in the inventory.
 */
export const ipAddressSchema = text(0, 64)
  .overwrite((written) => canonicalIpAddress(written) ?? written)
  .meta({ description: "IPv4 or IPv6 address.", examples: ["192.0.2.7"] });

const GROUP = "[0-9A-Fa-f]{1,4}";
/** One pattern for each number of groups before `::`. So many groups may follow that at least one zero group is left for `::`. */
const COMPRESSED = [1, 2, 3, 4, 5, 6].map(
  (before) => `(?:${GROUP}:){${before}}(?::${GROUP}){1,${7 - before}}`,
);
const IPV6 = [`(?:${GROUP}:){7}${GROUP}`, `(?:${GROUP}:){1,7}:`, ...COMPRESSED, `:(?:(?::${GROUP}){1,7}|:)`];
const IP_RANGE = new RegExp(
  `^(?:${OCTET}(?:\\.${OCTET}){3}/(?:3[0-2]|[12]?\\d)|(?:${IPV6.join("|")})/(?:12[0-8]|1[01]\\d|[1-9]?\\d))$`,
);

/**
 * A range of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3). Uses a pattern, not a parser, so that
 * consumers in all languages accept the same ranges.
 */
export const ipRangeSchema = text(1, 64)
  .regex(
    IP_RANGE,
    "Send a range in CIDR notation, such as 192.0.2.0/24 or 2001:db8:40::/48; /32 or /128 is one address.",
  )
  .meta({ description: "A range of IPv4 or IPv6 addresses in CIDR notation.", examples: ["192.0.2.0/24"] });
