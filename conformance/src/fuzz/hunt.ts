import { isObject } from "../evidence/read.ts";
import type { Tracker } from "../harness/activity.ts";
import type { Clock } from "../harness/clock.ts";
import { requirements } from "../registry/requirements.ts";
import type { Body, Call, Case, Part, Value } from "./call.ts";

/** How an answer violates a requirement. */
export interface Violation {
  readonly requirement: string;
  /** What is wrong, in a few words. A shrunk case must show the same violation. */
  readonly kind: string;
  readonly expected: string;
  readonly actual: string;
  /** Whether the vendor may only be late, so that a moment later the answer may be right. */
  readonly mayLag?: true;
  /** Whether a change by others may explain the answer. If the same answer comes again, it is a violation. */
  readonly mayHaveChanged?: true;
  /**
   * Ids of items that others may have added and removed in the meantime. Only an answer that has one of these items again
   * confirms the violation.
   */
  readonly ids?: readonly string[];
}

/** Makes a violation from its members. */
export const violation = (
  requirement: string,
  kind: string,
  expected: string,
  actual: string,
): Violation => ({
  requirement,
  kind,
  expected,
  actual,
});

/** The result of one execution of a case. */
interface Attempt<Made> {
  readonly violation: Violation | null;
  /** The executed part of the case, up to the violation. */
  readonly executed: Made;
}

/** A violation that occurred more than once, with the smallest case that shows it. */
export interface Finding {
  readonly requirement: string;
  readonly level: string;
  readonly kind: string;
  readonly expected: string;
  readonly actual: string;
  /** The number of the first generated case that showed the violation. */
  readonly case: number;
  /** How many cases showed the violation. */
  readonly times: number;
  /** POSIX shell commands that reproduce the violation. */
  readonly commands: readonly string[];
  /** The shrunk case, as data. */
  readonly calls: unknown;
}

/** The result of a hunt. */
export interface Hunted {
  readonly cases: number;
  readonly findings: readonly Finding[];
  /** Violations that did not occur again. Something else may have changed the system at that moment. */
  readonly unconfirmed: readonly Finding[];
}

/** The system under test, and how to make cases for it. */
export interface Prey<Made> {
  generate(index: number): Made;
  execute(made: Made): Promise<Attempt<Made>>;
  /** Reads the vendor's state again, so that later answers are compared with the current state. */
  renew(): Promise<void>;
  simpler(made: Made): Iterable<Made>;
  /** A key of the last call of a case, which distinguishes findings. */
  place(made: Made): string;
  describe(made: Made): { readonly commands: readonly string[]; readonly calls: unknown };
  /** How many calls were made so far. */
  calls(): number;
}

/** When a hunt ends. */
export interface HuntOptions {
  readonly seconds: number;
  readonly maxCalls: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tracker: Tracker;
  /** Returns true to end the hunt early; for tests. */
  readonly isEnough?: (findings: readonly Finding[]) => boolean;
  /** How many smaller cases to try in order to shrink one case. Default: 80. */
  readonly maxTries?: number;
}

/** The hunt ends at this number of findings, because most of them have the same cause. */
const MAX_FINDINGS = 25;
const PROGRESS_MS = 10_000;

type Mutable = { -readonly [Name in keyof Finding]: Finding[Name] };

/** Shrinks a case for as long as a simpler case shows the same violation. */
async function shrink<Made>(
  made: Made,
  simpler: (made: Made) => Iterable<Made>,
  shows: (made: Made) => Promise<Made | null>,
  maxTries: number,
): Promise<Made> {
  let smallest = made;
  const tried = new Set([JSON.stringify(made)]);
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of simpler(smallest)) {
      const key = JSON.stringify(candidate);
      if (tried.has(key)) continue;
      if (tried.size > maxTries) return smallest;
      tried.add(key);
      const shown = await shows(candidate);
      if (shown === null) continue;
      smallest = shown;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/**
 * Generates and executes cases until the time or the number of calls is used up. A violation counts only if
 * it occurs a second time. Its case is then shrunk.
 */
export async function hunt<Made>(prey: Prey<Made>, options: HuntOptions): Promise<Hunted> {
  const { seconds, maxCalls, clock, signal, tracker, isEnough = () => false, maxTries = 80 } = options;
  const end = clock.monotonic() + seconds * 1000;
  const found = new Map<string, Mutable>();
  const unconfirmed = new Map<string, Mutable>();
  let reportedAt = clock.monotonic();
  let cases = 0;

  const isOver = () =>
    signal.aborted ||
    clock.monotonic() >= end ||
    prey.calls() >= maxCalls ||
    found.size >= MAX_FINDINGS ||
    isEnough([...found.values()]);

  async function pursue(made: Made, violation: Violation, index: number): Promise<void> {
    const key = (each: Violation, of: Made) => `${each.requirement} ${each.kind} ${prey.place(of)}`;
    const same = key(violation, made);
    const before = found.get(same);
    if (before) {
      before.times += 1;
      return;
    }
    let shown = violation;
    const shows = async (candidate: Made): Promise<Made | null> => {
      const { violation: again, executed } = await prey.execute(candidate);
      if (again === null || key(again, executed) !== same) return null;
      if (violation.ids && !again.ids?.some((id) => violation.ids?.includes(id))) return null;
      shown = again;
      return executed;
    };
    await prey.renew();
    const confirmed = await shows(made);
    const smallest = confirmed === null ? made : await shrink(confirmed, prey.simpler, shows, maxTries);
    const finding: Mutable = {
      requirement: violation.requirement,
      level: requirements.find(({ id }) => id === violation.requirement)?.level ?? "MUST",
      kind: violation.kind,
      expected: shown.expected,
      actual: shown.actual,
      case: index,
      times: 1,
      ...prey.describe(smallest),
    };
    if (confirmed === null && violation.mayHaveChanged) return;
    (confirmed === null ? unconfirmed : found).set(same, finding);
    if (confirmed !== null) tracker.say(`${finding.requirement}: ${finding.kind}`);
  }

  try {
    for (; !isOver(); cases += 1) {
      const made = prey.generate(cases);
      const { violation, executed } = await prey.execute(made);
      if (violation) await pursue(executed, violation, cases);
      if (clock.monotonic() - reportedAt < PROGRESS_MS) continue;
      reportedAt = clock.monotonic();
      tracker.say(`${prey.calls()} calls, ${found.size} findings`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { cases, findings: [...found.values()], unconfirmed: [...unconfirmed.values()] };
}

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
  // The suite replaces `@id@` and `@now@` by values, so they are not shortened.
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
