/** The headers of a request: a `Headers` object, or a plain object with names in any letter case, as Node has it. */
export type HeadersInput =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request to the URL that the vendor's webhooks are sent to. */
export interface WebhookRequest {
  readonly method: string;
  /** Path and query, or an absolute URL. */
  readonly url: string;
  readonly headers: HeadersInput;
  /** The raw body, before any parsing. */
  readonly body: Uint8Array;
}

/** The longest header that is read before a delivery is authenticated, in UTF-16 code units. */
const MAX_HEADER = 4_096;

const hasGet = (headers: HeadersInput): headers is { get(name: string): string | null } =>
  typeof headers.get === "function";

/** Finds every value of a header, because a header that is sent twice must not be trusted. */
function findValues(headers: HeadersInput, name: string): readonly string[] {
  if (hasGet(headers)) return [headers.get(name) ?? ""];
  return Object.keys(headers)
    .filter((key) => key.length === name.length && key.toLowerCase() === name)
    .flatMap((key) => headers[key] ?? []);
}

/**
 * Reads one header.
 *
 * @param name in lower case
 * @returns the text; `""` if the header is absent; `null` if it is repeated or too long to be trusted
 */
export function readHeader(headers: HeadersInput, name: string): string | null {
  const [text = "", ...more] = findValues(headers, name);
  return more.length > 0 || text.length > MAX_HEADER ? null : text;
}

/** Copies headers to a plain object with names in lower case, for expressions. Leaves out what is too long. */
export function toPlainHeaders(headers: HeadersInput): Readonly<Record<string, string>> {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers);
  return Object.fromEntries(
    entries.flatMap(([name, value]: readonly [string, unknown]) => {
      const text = Array.isArray(value) ? value.join(", ") : value;
      return typeof text === "string" && text.length <= MAX_HEADER ? [[name.toLowerCase(), text]] : [];
    }),
  );
}
