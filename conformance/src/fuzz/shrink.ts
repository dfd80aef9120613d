import { isObject } from "../evidence/read.ts";
import type { Body, Call, Case, Part, Value } from "./call.ts";

/** Yields copies of a list in which one element is replaced or dropped. */
function* eachReplaced<Item>(
  items: readonly Item[],
  replace: (item: Item) => Iterable<Item | null>,
): Iterable<Item[]> {
  for (const [index, item] of items.entries()) {
    for (const other of replace(item))
      yield items.flatMap((each, at) => (at === index ? (other === null ? [] : [other]) : [each]));
  }
}

/** Simpler texts, shortest first. */
function* simplerTexts(text: string): Iterable<string> {
  // The shrunk body, with `@id@` and `@now@` filled in.
  if (text.length <= 1 || text.startsWith("@")) return;
  yield text.slice(0, 1);
  if (text.length <= 4) return;
  yield text.slice(0, Math.ceil(text.length / 8));
  yield text.slice(0, Math.ceil(text.length / 2));
  yield text.slice(Math.floor(text.length / 2));
  if (/^\d+$/.test(text)) yield (BigInt(text) / 2n).toString();
}

function* simplerValues(value: Value): Iterable<Value> {
  if ("from" in value) {
    const { altered, ...plain } = value;
    if (altered !== undefined) yield plain;
    return;
  }
  if (value.encoded && value.text.length > 3) {
    const plain = decodeURIComponent(value.text.replaceAll(/%(?![0-7][0-9A-Fa-f])/g, "%25"));
    if (plain !== value.text) yield { text: plain };
  }
  for (const text of simplerTexts(value.text)) if (!value.encoded) yield { text };
}

/** Simpler JSON values: without members and elements, and with shorter texts. */
function* simplerJson(value: unknown): Iterable<unknown> {
  if (typeof value === "string") yield* simplerTexts(value);
  if (Array.isArray(value)) {
    if (value.length > 0) yield [];
    if (value.length > 3) {
      yield value.slice(0, Math.ceil(value.length / 2));
      yield value.slice(Math.ceil(value.length / 2));
    }
    for (const others of eachReplaced(value, (item) => [
      null,
      ...[...simplerJson(item)].filter((each) => each !== null),
    ]))
      yield others;
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const { [name]: member, ...rest } = value;
      yield rest;
      for (const simpler of simplerJson(member)) yield { ...value, [name]: simpler };
    }
  }
}

function* simplerParts(part: Part): Iterable<Part | null> {
  yield null;
  if (typeof part === "string") return;
  if (part.times > 1) yield { ...part, times: Math.ceil(part.times / 16) };
  if (part.times > 1) yield { ...part, times: Math.ceil(part.times / 2) };
}

/** Simpler bodies. @param usual the media type of a valid body */
export function* simplerBodies(body: Body, usual = "application/json"): Iterable<Body> {
  if (body.type !== null && body.type !== usual) yield { ...body, type: usual };
  if ("json" in body) for (const json of simplerJson(body.json)) yield { ...body, json };
  else for (const parts of eachReplaced(body.parts, simplerParts)) yield { ...body, parts };
}

type Pair = Call["query"][number];
const simplerPairs = function* ({ name, value }: Pair): Iterable<Pair | null> {
  yield null;
  for (const simpler of simplerValues(value)) yield { name, value: simpler };
};

/** Simpler versions of one call. */
function* simplerCalls(call: Call): Iterable<Call> {
  const { method, suffix, body, ...rest } = call;
  if (method !== undefined) yield { ...rest, ...(suffix && { suffix }), ...(body && { body }) };
  if (suffix !== undefined) yield { ...rest, ...(method && { method }), ...(body && { body }) };
  if (body !== undefined) yield { ...rest, ...(method && { method }), ...(suffix && { suffix }) };
  if (call.as !== "caller") yield { ...call, as: "caller" };
  for (const headers of eachReplaced(call.headers, simplerPairs)) yield { ...call, headers };
  for (const query of eachReplaced(call.query, simplerPairs)) yield { ...call, query };
  for (const [name, value] of Object.entries(call.path))
    for (const simpler of simplerValues(value)) yield { ...call, path: { ...call.path, [name]: simpler } };
  if (body !== undefined) for (const simpler of simplerBodies(body)) yield { ...call, body: simpler };
}

/** Drops a parameter from every call, because filters are repeated with each cursor. */
function* withoutParameter(calls: Case): Iterable<Case> {
  const names = new Set(calls.flatMap(({ query }) => query.map(({ name }) => name)));
  for (const name of names)
    yield calls.map((call) => ({ ...call, query: call.query.filter((each) => each.name !== name) }));
}

/** Lists simpler versions of a case, the simplest first. */
export function* simplerCases(calls: Case): Iterable<Case> {
  for (let count = 1; count < calls.length; count += 1) yield calls.slice(count);
  for (const others of eachReplaced(calls.slice(0, -1), () => [null])) yield [...others, ...calls.slice(-1)];
  if (calls.length > 1) yield* withoutParameter(calls);
  yield* eachReplaced(calls, simplerCalls);
}
