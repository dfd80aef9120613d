import { createHash } from "node:crypto";
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { z } from "zod";
import { CelError } from "./cel.ts";
import { type Place, ProfileError, type ProfileErrorCode, type ProfileProblem } from "./errors.ts";
import { Expression } from "./expression.ts";
import { nearest } from "./nearest.ts";
import { type ProfileDocument, profileSchema, type SourceRule } from "./profile.ts";
import { Template } from "./template.ts";

/** The largest profile, in UTF-16 code units. */
const MAX_LENGTH = 512 * 1024;
/** How many values a profile may have when its aliases are replaced. */
const MAX_VALUES = 50_000;
const MAX_DEPTH = 40;
const MAX_PROBLEMS = 50;

type Key = string | number;

/** A profile that was read, checked and compiled. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly document: ProfileDocument;
  /** The name of the file, as the caller gave it. */
  readonly file: string;
  /** `sha256:` and the hexadecimal hash of what the document says; comments and layout do not count. */
  readonly digest: string;
  /** Returns where a member is written, or the nearest one around it. Path: `inventory.requests.devices`. */
  readonly placeOf: (path: string) => Place;
}

const showPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");

const toKeys = (path: string): Key[] =>
  [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) =>
    index === undefined ? key : Number(index),
  );

/** The YAML document, and where its members are. */
class Source {
  readonly file: string;
  readonly yaml: Document.Parsed;
  readonly #lines: LineCounter;
  /** What each alias refers to. The library searches the whole document for each of them. */
  readonly #anchors = new Map<Alias, Node>();
  /** Aliases without an anchor before them. */
  readonly unknownAliases: Alias[] = [];

  constructor(text: string, file: string) {
    this.file = file;
    this.#lines = new LineCounter();
    this.yaml = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
      stringKeys: true,
    });
    const anchors = new Map<string, Node>();
    visit(this.yaml, {
      Node: (_, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node as Node);
          return;
        }
        const anchored = anchors.get(node.source);
        if (anchored === undefined) this.unknownAliases.push(node);
        else this.#anchors.set(node, anchored);
      },
    });
  }

  placeAt(offset: number, path: string): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col, path };
  }

  /** Finds a member, or the nearest one around it. With `key`, finds the name of the member, not its value. */
  place(path: readonly PropertyKey[], key = false): Place {
    let node: unknown = this.yaml.contents;
    let offset = 0;
    for (const step of path) {
      const inner = this.#step(node, step);
      if (inner === null) break;
      offset = key || inner.value === null ? inner.offset : (startOf(inner.value) ?? inner.offset);
      node = inner.value;
    }
    return this.placeAt(offset, showPath(path));
  }

  #step(container: unknown, step: PropertyKey): { readonly offset: number; readonly value: unknown } | null {
    const node = isAlias(container) ? this.#anchors.get(container) : container;
    if (isSeq(node)) {
      const value = node.items[Number(step)];
      return value === undefined ? null : { offset: startOf(value) ?? 0, value };
    }
    if (!isMap(node)) return null;
    for (const { key, value } of node.items) {
      if (isScalar(key) && String(key.value) === String(step)) return { offset: startOf(key) ?? 0, value };
    }
    for (const { key, value } of node.items) {
      if (!isScalar(key) || key.value !== "<<") continue;
      for (const merged of isSeq(value) ? value.items : [value]) {
        const found = this.#step(merged, step);
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** Counts the values that the document has when its aliases are replaced, up to a limit. */
  countValues(node: unknown = this.yaml.contents, depth = 0, left = MAX_VALUES): number {
    if (depth > MAX_DEPTH) return MAX_VALUES + 1;
    if (isAlias(node)) return this.countValues(this.#anchors.get(node), depth + 1, left);
    if (!isCollection(node)) return 1;
    let count = 1;
    for (const item of node.items) {
      count += this.countValues(isPair(item) ? item.value : item, depth + 1, left - count);
      if (count > left) return count;
    }
    return count;
  }
}

const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0];

const sortMembers = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Reads the text as data; throws the problems of YAML itself. */
function readData(source: Source): unknown {
  const { yaml, file } = source;
  const problems = [...yaml.errors, ...yaml.warnings].map(
    ({ pos: [offset], message }): ProfileProblem => ({
      ...source.placeAt(offset, ""),
      code: "not_readable",
      message: `${message}.`.replace(/\.\.$/, "."),
    }),
  );
  for (const alias of source.unknownAliases) {
    const message = `Unknown alias *${alias.source}. Define it earlier in the file: &${alias.source}.`;
    problems.push({ ...source.placeAt(startOf(alias) ?? 0, ""), code: "not_readable", message });
  }
  throwProblems(problems);
  if (source.countValues() > MAX_VALUES) {
    const message = `The profile has more than ${MAX_VALUES} values, or more than ${MAX_DEPTH} levels.`;
    throwProblems([{ file, line: 1, column: 1, path: "", code: "too_large", message }]);
  }
  return yaml.toJS({ maxAliasCount: MAX_VALUES });
}

function throwProblems(problems: readonly ProfileProblem[]): void {
  const [first, ...others] = [...problems]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, MAX_PROBLEMS);
  if (first !== undefined) throw new ProfileError([first, ...others]);
}

/** Whether an issue is about the alternative that the author did not choose. */
const isWrongKind = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.some(({ path, code }) => path.length === 0 && code === "invalid_type");

/** Replaces the issue of a union with the issues of the alternative that fits best. */
function flattenIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const kinds = issue.errors.filter((errors) => !isWrongKind(errors));
  const chosen = kinds.length === 1 ? kinds[0] : undefined;
  if (chosen === undefined) return [issue];
  return chosen.flatMap((inner) => flattenIssue({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The alternatives of a union that a value may be: with a discriminator, the one that it names. */
function alternatives(def: z.core.$ZodUnionDef & { readonly discriminator?: string }, value: unknown) {
  const named = def.options.filter((option) => {
    const { def: inner } = (option as z.core.$ZodTypes)._zod;
    const member = inner.type === "object" ? inner.shape[def.discriminator ?? ""] : undefined;
    return member !== undefined && z.safeParse(member, valueAt(value, [def.discriminator ?? ""])).success;
  });
  return named.length > 0 ? named : def.options;
}

/** The names that an object of the document may have at a path. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [step, ...rest] = path;
  const inside = (member: z.core.$ZodType | undefined) =>
    step === undefined || member === undefined ? [] : knownKeys(member, rest, valueAt(value, [step]));
  switch (def.type) {
    case "object":
      return step === undefined ? Object.keys(def.shape) : inside(def.shape[String(step)]);
    case "array":
      // One value may be written where a list is allowed.
      return typeof step === "number" ? inside(def.element) : knownKeys(def.element, path, value);
    case "record":
      return inside(def.valueType);
    case "union":
      return [...new Set(alternatives(def, value).flatMap((option) => knownKeys(option, path, value)))];
    case "optional":
    case "nullable":
    case "default":
      return knownKeys(def.innerType, path, value);
    case "pipe":
      return knownKeys(def.in, path, value);
    default:
      return [];
  }
}

function toProblems(issue: z.core.$ZodIssue, data: unknown, source: Source): ProfileProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(profileSchema, issue.path, data);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const hint = near === null ? "" : ` Did you mean ${near}?`;
      const message = `Unknown key ${key}.${hint} Known: ${known.join(", ")}.`;
      return { ...source.place([...issue.path, key], true), code: "unknown_key", message };
    });
  }
  const isMissing = issue.code !== "custom" && valueAt(data, issue.path) === undefined;
  const named = issue.code === "custom" ? issue.params?.["code"] : undefined;
  const code: ProfileErrorCode =
    named === "unsafe_signature" ? named : isMissing ? "missing_key" : "invalid_value";
  const message = isMissing
    ? "Add this key; it is required."
    : `${issue.message.replace(/\.$/, "")}.`.replace(/\?\.$/, "?");
  return [{ ...source.place(issue.path), code, message }];
}

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data);

interface Compiled {
  readonly expression: Expression;
  readonly path: readonly Key[];
  /** The expression's place in a template, in UTF-16 code units. */
  readonly within: number;
}

/** Lists the expressions of a parsed document, with their paths in the document as written. */
function* expressionsIn(parsed: unknown, written: unknown, path: readonly Key[]): Generator<Compiled> {
  if (parsed instanceof Expression) yield { expression: parsed, path, within: 0 };
  else if (parsed instanceof Template) {
    for (const part of parsed.parts) {
      if (part instanceof Expression)
        yield { expression: part, path, within: parsed.source.indexOf(`{${part.source}}`) + 1 };
    }
  } else if (Array.isArray(parsed)) {
    // One value may be written where a list is allowed.
    for (const [index, item] of parsed.entries()) {
      yield* Array.isArray(written)
        ? expressionsIn(item, written[index], [...path, index])
        : expressionsIn(item, written, path);
    }
  } else if (typeof parsed === "object" && parsed !== null) {
    for (const [key, member] of Object.entries(parsed))
      yield* expressionsIn(member, (written as Record<string, unknown> | null)?.[key], [...path, key]);
  }
}

/** The names of the items around a request: its own `as`, and those of the requests that it is made for. */
function outerNames(document: ProfileDocument, request: string | undefined): string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  for (let at = request; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const rule = document.inventory?.requests[at];
    if (rule?.as !== undefined) names.push(rule.as);
    at = rule?.for_each;
  }
  return names;
}

function sourceAt(document: ProfileDocument, kind: string, index: Key | undefined): SourceRule | undefined {
  const sources = document.inventory?.[kind as "orgs" | "sites" | "devices"];
  return sources?.[typeof index === "number" ? index : 0];
}

/** The variables that an expression may read, by its path. */
function variablesAt(document: ProfileDocument, path: readonly Key[]): string[] {
  const [section, part, third] = path;
  const always = ["setting"];
  if (section === "inventory" && part === "requests") {
    const outer = outerNames(document, String(third));
    const reads = path[3] === "items" || path[3] === "paging";
    return [...always, ...outer, ...(reads ? ["body", "headers"] : [])];
  }
  if (section === "inventory") {
    const source = sourceAt(document, String(part), third);
    const at = path.indexOf("join");
    if (path[at + 2] === "equals" && at !== -1) return [...always, "other"];
    const joins = at === -1 ? Object.keys(source?.join ?? {}) : [];
    return [
      ...always,
      ...(source?.from === undefined ? [] : ["item"]),
      ...outerNames(document, source?.from),
      ...joins,
    ];
  }
  if (section === "errors") return [...always, "body", "headers", "status"];
  if (section === "auth") return [...always, "body", "headers"];
  if (part === "envelope" && third === "events") return [...always, "body", "headers"];
  return [...always, "event", "body", "headers", "phase"];
}

function compileAll(
  document: ProfileDocument,
  data: unknown,
  source: Source,
  now: () => number,
): ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  for (const { expression, path, within } of expressionsIn(document, data, [])) {
    const place = source.place(path);
    try {
      expression.compile(place, variablesAt(document, path), now);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const message = `${error.message} At character ${within + error.offset + 1}.`;
      problems.push({ ...place, code: error.code, message });
    }
  }
  return problems;
}

/** Checks what refers to another part of the document. */
function checkReferences(document: ProfileDocument, data: unknown, source: Source): ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  const add = (path: readonly Key[], code: ProfileErrorCode, message: string) =>
    problems.push({ ...source.place(path), code, message });
  const { inventory } = document;
  if (document.canonical === true && (inventory !== undefined || document.webhooks !== undefined))
    add(
      ["canonical"],
      "invalid_value",
      "A vendor that implements the contract needs no mapping: remove `inventory` and `webhooks`.",
    );
  if (document.canonical !== true && inventory === undefined && document.webhooks === undefined)
    add([], "missing_key", "Add `inventory` or `webhooks`.");
  if (inventory === undefined) return problems;
  if (document.auth === undefined)
    add(
      [],
      "missing_key",
      "Add `auth`: how requests of the inventory are authenticated. If they are not, write `scheme: none`.",
    );
  const names = Object.keys(inventory.requests);
  const checkName = (path: readonly Key[], name: string | undefined) => {
    if (name === undefined || names.includes(name)) return;
    const near = nearest(name, names);
    const hint = near === null ? `Requests: ${names.join(", ")}.` : `Did you mean ${near}?`;
    add(path, "unknown_request", `Unknown request ${name}. ${hint}`);
  };
  for (const [name, rule] of Object.entries(inventory.requests)) {
    const path = ["inventory", "requests", name];
    checkName([...path, "for_each"], rule.for_each);
    if ((rule.for_each === undefined) !== (rule.as === undefined))
      add(path, "missing_key", "Write `for_each` and `as` together.");
    if (isCircular(inventory.requests, name))
      add(
        [...path, "for_each"],
        "invalid_value",
        "This request needs its items before it is made. Name another request in `for_each`.",
      );
  }
  for (const kind of ["orgs", "sites", "devices"] as const) {
    for (const [index, { from, join }] of inventory[kind].entries()) {
      const path = ["inventory", kind, ...(Array.isArray(valueAt(data, ["inventory", kind])) ? [index] : [])];
      checkName([...path, "from"], from);
      for (const [name, rule] of Object.entries(join)) checkName([...path, "join", name, "from"], rule.from);
    }
  }
  return problems;
}

type Requests = NonNullable<ProfileDocument["inventory"]>["requests"];

function isCircular(requests: Requests, name: string): boolean {
  const seen = new Set<string>();
  let at = requests[name]?.for_each;
  while (at !== undefined && at !== name && !seen.has(at)) {
    seen.add(at);
    at = requests[at]?.for_each;
  }
  return at === name;
}

/**
 * Reads a profile: parses YAML or JSON, checks it, and compiles its expressions.
 *
 * @param text the document
 * @param file the name of the file, for error messages
 * @param options `now` is the clock of expressions that were stopped, in milliseconds
 * @throws ProfileError with every problem that was found
 */
export function readProfile(
  text: string,
  file = "profile",
  { now = Date.now }: { readonly now?: () => number } = {},
): Profile {
  if (text.length > MAX_LENGTH) {
    const message = `The profile has more than ${MAX_LENGTH / 1024} KiB. Is this the right file?`;
    throwProblems([{ file, line: 1, column: 1, path: "", code: "too_large", message }]);
  }
  const source = new Source(text, file);
  const data = readData(source);
  const parsed = profileSchema.safeParse(data);
  if (!parsed.success) {
    throwProblems(
      parsed.error.issues.flatMap(flattenIssue).flatMap((issue) => toProblems(issue, data, source)),
    );
  }
  const document = parsed.data as ProfileDocument;
  throwProblems([...checkReferences(document, data, source), ...compileAll(document, data, source, now)]);
  const digest = createHash("sha256").update(JSON.stringify(data, sortMembers)).digest("hex");
  return {
    name: document.name,
    title: document.title,
    document,
    file,
    digest: `sha256:${digest}`,
    placeOf: (path) => source.place(toKeys(path)),
  };
}
