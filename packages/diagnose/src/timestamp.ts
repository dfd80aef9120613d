/** The formats in which senders write a time. All functions take and return Unix seconds. */

const iso = (seconds: number): string | null => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** Formats a time in the default format of each common language. */
export function isoForms(seconds: number): readonly string[] {
  const text = iso(seconds);
  if (text === null) return [];
  const whole = text.slice(0, 19);
  return [
    text,
    `${whole}Z`,
    `${whole}+00:00`,
    `${whole}.0000000Z`,
    `${whole}.0000000+00:00`,
    `${whole}.000000+00:00`,
    whole,
    whole.replace("T", " "),
    `${whole.replace("T", " ")}+00:00`,
  ];
}

/** Formats a time as an HTTP date; `null` outside the range of `Date`. */
export function httpDate(seconds: number): string | null {
  return iso(seconds) === null ? null : new Date(seconds * 1000).toUTCString();
}

/** The format of a timestamp. */
export type TimestampFormat = "seconds" | "milliseconds" | "too_precise" | "fraction" | "iso" | "http_date";

/** A timestamp that was read. */
export interface ReadTimestamp {
  readonly format: TimestampFormat;
  readonly seconds: number;
}

const UNIX_EPOCH_IN_DOTNET_TICKS = 621_355_968_000_000_000;

const BY_DIGITS: Readonly<Record<number, (digits: number) => number>> = {
  16: (microseconds) => microseconds / 1e6,
  17: (ticks) => ticks / 1e7,
  18: (ticks) => (ticks - UNIX_EPOCH_IN_DOTNET_TICKS) / 1e7,
  19: (nanoseconds) => nanoseconds / 1e9,
};

const readDate = (text: string, format: TimestampFormat): ReadTimestamp | null => {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : { format, seconds: Math.floor(milliseconds / 1000) };
};

/** Reads a timestamp in any format that senders use; `null` if the text has none of these formats. */
export function readTimestamp(header: string): ReadTimestamp | null {
  const text = header.trim();
  if (/^\d{1,11}$/.test(text)) return { format: "seconds", seconds: Number(text) };
  if (/^\d{13}$/.test(text)) return { format: "milliseconds", seconds: Math.floor(Number(text) / 1000) };
  const precise = /^\d{16,19}$/.test(text) ? BY_DIGITS[text.length] : undefined;
  if (precise) return { format: "too_precise", seconds: Math.floor(precise(Number(text))) };
  if (/^\d{1,11}[.,]\d+$/.test(text)) return { format: "fraction", seconds: Number.parseInt(text, 10) };
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) {
    // `Date.parse` would read a time without an offset as local time,
    // but senders that omit the offset mean UTC.
    return readDate(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text.replace(" ", "T")}Z`, "iso");
  }
  return /^[A-Za-z]{3}, /.test(text) ? readDate(text, "http_date") : null;
}
