import { readFile } from "node:fs/promises";
import { isIP, isIPv4 } from "node:net";
import { describe, expect, test } from "vitest";

interface Value {
  readonly name: string;
  readonly input: string;
  readonly canonical: string | null;
  readonly unix_nanoseconds?: string | null;
  readonly reason?: string;
}

const casesOf = async (file: string): Promise<Value[]> =>
  JSON.parse(await readFile(new URL(`../../1.0/vectors/${file}`, import.meta.url), "utf8")).cases;

/** Reads MAC addresses by their hex digits; all separators between the digits must be the same. */
function mac(input: string): string | null {
  const text = input.trim();
  const [separator = "", ...others] = new Set(text.match(/[^0-9a-fA-F]/g) ?? []);
  const groups = separator === "" ? [text] : text.split(separator);
  const wide = { 1: 12, 3: 4, 6: 2 }[groups.length] ?? 0;
  const fits = groups.every(({ length }) => length === wide || (wide === 2 && length === 1));
  const isKnown = { 1: "", 3: ".", 6: separator === "-" ? "-" : ":" }[groups.length] === separator;
  if (others.length > 0 || !fits || !isKnown) return null;
  const digits = groups.map((group) => group.padStart(wide, "0")).join("");
  return BigInt(`0x${digits}`)
    .toString(16)
    .padStart(12, "0")
    .replace(/(..)(?=.)/g, "$1:");
}

/** Parses IP addresses with Node, and formats them as the URL standard does. */
function ip(input: string): string | null {
  const [, bare = "", prefix = "0"] = /^\s*\[?([^\]/]*?)\]?(?:\/(\d+))?\s*$/.exec(input) ?? [];
  const version = isIP(bare);
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return null;
  if (isIPv4(bare)) return bare;
  const written = new URL(`http://[${bare.replace(/%.*/, "")}]`).hostname.slice(1, -1);
  const [, high = "", low = ""] = /^::ffff:(\w+):(\w+)$/.exec(written) ?? [];
  if (high === "") return written;
  const bits = parseInt(high, 16) * 65536 + parseInt(low, 16);
  return new URL(`http://${bits}`).hostname;
}

/** Reads countries with Unicode's locale data. */
function country(input: string): string | null {
  if (input.length !== 2) return null;
  try {
    return new Intl.Locale(`und-${input}`).region ?? null;
  } catch {
    return null;
  }
}

/** Parses timestamps with Date; a round trip detects days that do not exist. */
function unixNanoseconds(input: string): bigint | null {
  const [, seconds = "", fraction = ""] = /^([^.]{19})(?:\.(\d{1,9}))?(?:Z|[+-]00:00)$/.exec(input) ?? [];
  const milliseconds = Date.parse(`${seconds}Z`);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== `${seconds}.000Z`) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

describe.each([
  ["mac-addresses.json", mac],
  ["ip-addresses.json", ip],
  ["countries.json", country],
] as const)("%s", async (file, read) => {
  const cases = await casesOf(file);

  test.each(cases)("$name", ({ input, canonical }) => {
    expect(read(input)).toBe(canonical);
    if (canonical !== null) expect(read(canonical)).toBe(canonical);
  });

  test("has readable and unreadable values", () => {
    expect(new Set(cases.map(({ canonical }) => canonical === null)).size).toBe(2);
  });
});

describe("timestamps.json", async () => {
  const cases = await casesOf("timestamps.json");

  test.each(cases)("$name", ({ input, canonical, unix_nanoseconds = null, reason }) => {
    expect(unixNanoseconds(input)?.toString() ?? null).toBe(unix_nanoseconds);
    expect(canonical).toBe(unix_nanoseconds === null ? null : input.replace(/[+-]00:00$/, "Z"));
    expect(reason === undefined).toBe(unix_nanoseconds !== null);
  });
});
