import {
  readHeaders,
  type WebhookHeaders,
  type WebhookHeadersInput,
  WebhookUsageError,
  WebhookVerificationError,
} from "@convergint/webhooks";
import { HEADER_TOO_LONG, HEADER_TWICE, MISSING, MISSING_HEADERS, OTHER_NAMES } from "./header-mistakes.ts";
import type { Mistake } from "./mistake.ts";
import { SIGNATURE_HEADER_TWICE } from "./signature-mistakes.ts";

/** The values of the three headers; the value of a missing header is empty. */
export interface ReadHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly facts: readonly Mistake[];
}

type Name = keyof WebhookHeaders;
type GetValues = (name: string) => readonly string[];

const NAMES: readonly Name[] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const MAX_CHARACTERS = 4096;

/** Makes a function that returns all values of a header, in any letter case of the header's name. */
function createGetter(headers: WebhookHeadersInput): GetValues {
  if (typeof headers.get === "function") {
    const get = headers.get.bind(headers) as (name: string) => string | null;
    return (name) => [get(name)].filter((value) => typeof value === "string" && value !== "") as string[];
  }
  const entries = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value] as const);
  return (name) => {
    const values = entries
      .flatMap(([key, value]) => (key === name ? value : []))
      .filter((value) => typeof value === "string");
    // Keeps an empty value if the header has another value: a verifier refuses such a header as repeated.
    return values.some((value) => value !== "") ? values : [];
  };
}

/**
 * Finds the values of a header under its own name or, if there are none,
 * under the first other name that is present.
 */
function findHeader(
  name: Name,
  getValues: GetValues,
): { values: readonly string[]; mistake: Mistake | null } {
  const values = getValues(name);
  if (values.length > 0) return { values, mistake: null };
  for (const { mistake, names } of OTHER_NAMES) {
    for (const other of names[name]) {
      const found = getValues(other);
      if (found.length > 0) return { values: found, mistake };
    }
  }
  return { values: [], mistake: null };
}

/** Reads headers that a verifier refuses because they are repeated, missing or under another name. */
function readLeniently(headers: WebhookHeadersInput): ReadHeaders {
  const getValues = createGetter(headers);
  const facts: Mistake[] = [];
  const text: Record<Name, string> = { "webhook-id": "", "webhook-timestamp": "", "webhook-signature": "" };
  for (const name of NAMES) {
    const { values, mistake } = findHeader(name, getValues);
    if (mistake) facts.push(mistake);
    else if (values.length === 0) facts.push(MISSING[name]);
    if (values.length > 1) facts.push(name === "webhook-signature" ? SIGNATURE_HEADER_TWICE : HEADER_TWICE);
    if (values.some(({ length }) => length > MAX_CHARACTERS)) facts.push(HEADER_TOO_LONG);
    // Several signatures are allowed, so the values of that header are joined. Every other header uses one value.
    text[name] = (
      name === "webhook-signature" ? values.join(" ") : (values.find((value) => value !== "") ?? "")
    ).slice(0, MAX_CHARACTERS);
  }
  return {
    id: text["webhook-id"],
    timestamp: text["webhook-timestamp"],
    signature: text["webhook-signature"],
    facts: NAMES.every((name) => text[name] === "") ? [MISSING_HEADERS] : facts,
  };
}

/**
 * Reads the three headers of a delivery under any known name.
 *
 * @throws {WebhookUsageError} `invalid_headers`
 */
export function readDeliveryHeaders(headers: WebhookHeadersInput): ReadHeaders {
  try {
    const read = readHeaders(headers);
    return {
      id: read["webhook-id"],
      timestamp: read["webhook-timestamp"],
      signature: read["webhook-signature"],
      facts: [],
    };
  } catch (error) {
    if (error instanceof WebhookUsageError || !(error instanceof WebhookVerificationError)) throw error;
    return readLeniently(headers);
  }
}
