import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { parseJson } from "../evidence/read.ts";
import { isDelivery, isExchange } from "../evidence/traffic.ts";
import { replacer } from "./replacer.ts";
import { resigned } from "./resign.ts";
import { secretsOf } from "./secrets.ts";
import { speltOut } from "./spelt-out.ts";
import { standInsFor } from "./stand-in.ts";
import { writingsOf } from "./writings.ts";

/** Evidence without secrets. */
export interface Redacted {
  readonly record: EvidenceRecord;
  /** What stands where secrets stood: for readers, who are shown that something was taken out. */
  readonly standIns: readonly string[];
  /** Takes the same secrets out of another text. */
  readonly clean: (text: string) => string;
}

/** A shorter credential is a word, such as `secret`, that also stands where nobody meant it. */
const LEAST_CREDENTIAL = 12;

const JSON_STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Replaces within what the strings of a JSON text say, however they are escaped. */
const inStrings = (text: string, replace: (text: string) => string, names: boolean) =>
  text.replaceAll(JSON_STRING, (token, colon: string | undefined) => {
    if (colon !== undefined && !names) return token;
    const said = parseJson(colon === undefined ? token : token.slice(0, -colon.length));
    if (typeof said !== "string") return token;
    const kept = replace(said);
    return kept === said ? token : JSON.stringify(kept) + (colon ?? "");
  });

function textsOf(value: unknown, texts: Set<string> = new Set()): Set<string> {
  if (typeof value === "string") texts.add(value);
  else if (typeof value === "object" && value !== null) {
    if (isDelivery(value)) texts.add(Buffer.from(value.bodyBase64, "base64").toString("utf8"));
    // As one text, in which each header has its name: some are credentials by that.
    const headers = isDelivery(value)
      ? value.headers
      : isExchange(value)
        ? value.response?.headers
        : undefined;
    if (headers) texts.add(JSON.stringify(headers));
    for (const member of Object.values(value)) textsOf(member, texts);
  }
  return texts;
}

/**
 * Takes secrets out of evidence, so that it can be kept and shown, and judged again with the same outcome. Each is
 * replaced by a stand-in of the same shape, in whatever writing it comes; signatures are made anew with it.
 *
 * @param credentials those that the suite was given
 */
export function redact(record: EvidenceRecord, credentials: readonly string[]): Redacted {
  const standIns = standInsFor(secretsOf(credentials, textsOf(record)));
  const pairs = [...standIns];
  const isWord = ([secret]: readonly [string, string]) => secret.length < LEAST_CREDENTIAL;
  const credentialPairs = pairs.filter((pair) => !isWord(pair));
  const replaceWhole = replacer(credentialPairs.flatMap((pair) => writingsOf(...pair)));
  const replaceSpelt = speltOut(credentialPairs);
  const replace = (text: string) => replaceSpelt(replaceWhole(text));
  const replaceWords = replacer(pairs.filter(isWord).map(([secret, standIn]) => ({ secret, standIn })));
  const hasWords = pairs.some(isWord);

  const ours = (text: string) =>
    replace(text.includes("\\") && parseJson(text) !== undefined ? inStrings(text, replace, true) : text);
  /** What the vendor wrote; there, words are looked for as well, and left where they name a member. */
  const theirs = (text: string) => {
    const kept = ours(text);
    if (!hasWords) return kept;
    return parseJson(kept) === undefined ? replaceWords(kept) : inStrings(kept, replaceWords, false);
  };

  const seen = new Map<object, unknown>();
  function clean(value: unknown, text: (text: string) => string): unknown {
    if (typeof value === "string") return text(value);
    if (typeof value !== "object" || value === null) return value;
    const before = seen.get(value);
    if (before !== undefined) return before;
    const cleaned = cleanObject(value, text);
    // What several parts share stays shared.
    seen.set(value, cleaned);
    return cleaned;
  }
  function cleanObject(value: object, text: (text: string) => string): unknown {
    if (Array.isArray(value)) return value.map((member) => clean(member, text));
    if (isDelivery(value)) return cleanDelivery(value);
    const response = isExchange(value) ? { response: clean(value.response, theirs) } : {};
    return Object.fromEntries(
      Object.entries({ ...value, ...response }).map(([name, member]) => [
        replace(name),
        name in response ? member : clean(member, text),
      ]),
    );
  }
  function cleanDelivery(delivery: Delivery): Delivery {
    const body = Buffer.from(delivery.bodyBase64, "base64");
    const text = body.toString("utf8");
    const kept = theirs(text);
    const headers = clean(delivery.headers, theirs) as Delivery["headers"];
    const bodyBase64 = kept === text ? delivery.bodyBase64 : Buffer.from(kept).toString("base64");
    return resigned(delivery, { ...delivery, headers, bodyBase64 }, standIns);
  }

  return {
    record: clean(record, ours) as EvidenceRecord,
    standIns: [...standIns.values()],
    clean: theirs,
  };
}
