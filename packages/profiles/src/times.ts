import type { TimeUnit } from "./document.ts";

/** How many decimal places a unit is away from a nanosecond. */
const PLACES: Partial<Record<TimeUnit, number>> = {
  unix_seconds: 9,
  unix_milliseconds: 6,
  unix_microseconds: 3,
  unix_nanoseconds: 0,
};
const NANOSECONDS = 1_000_000_000n;
/** Security devices are not this old. An earlier time has a wrong unit, or is a zero that means never. */
const EARLIEST = Date.UTC(1990, 0, 1);
const END = Date.UTC(10_000, 0, 1);

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)? ?([Zz]|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?$/;

/** Writes a moment as the contract does. `fraction`: the digits after the second. */
function write(milliseconds: number, fraction: string): string | null {
  if (!(milliseconds >= EARLIEST && milliseconds < END)) return null;
  const digits = fraction.replace(/0+$/, "");
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${digits === "" ? "" : `.${digits}`}Z`;
}

/** Reads a decimal number exactly, because a double has no room for nanoseconds. */
function fromNumber(written: string, places: number): string | null {
  const [, whole, decimals = ""] = /^(\d{1,20})(?:\.(\d{1,20}))?$/.exec(written) ?? [];
  if (whole === undefined) return null;
  const nanoseconds = BigInt(whole + decimals.padEnd(places, "0").slice(0, places));
  const seconds = nanoseconds / NANOSECONDS;
  const fraction = (nanoseconds % NANOSECONDS).toString().padStart(9, "0");
  return seconds < BigInt(END / 1_000) ? write(Number(seconds) * 1_000, fraction) : null;
}

function offsetMinutes(written: string): number {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(written) ?? [];
  if (hours === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function fromIso(written: string, unit: "iso" | "iso_utc"): string | null {
  const [, year, month, day, hour, minute, second = "0", fraction = "", offset] = ISO.exec(written) ?? [];
  if (year === undefined || (offset === undefined && unit === "iso")) return null;
  const date = Date.UTC(+year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // `Date` turns February 30 into a day in March, and hour 24 into the next day.
  const read = new Date(date);
  if (read.getUTCDate() !== Number(day) || read.getUTCHours() !== Number(hour)) return null;
  return write(date - offsetMinutes(offset ?? "Z") * 60_000, fraction);
}

/**
 * Reads a time in the unit that the profile states.
 *
 * @param value a text or a number, as the vendor sent it
 * @returns RFC 3339 in UTC with as many digits as were sent, at most nine; `null` if the value does not fit the unit
 */
export function toTimestamp(value: unknown, unit: TimeUnit): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const written = String(value).trim();
  if (unit === "iso" || unit === "iso_utc") return fromIso(written, unit);
  return fromNumber(written, PLACES[unit] ?? 0);
}

/** Describes the format of a unit, for error messages. */
export function describeUnit(unit: TimeUnit): string {
  if (unit === "iso") return "ISO 8601 with an offset or Z (iso_utc: without one means UTC)";
  if (unit === "iso_utc") return "ISO 8601";
  return `${unit.replace("unix_", "")} since 1970, after 1990. If 0 means never, write: x > 0 ? x : null`;
}
