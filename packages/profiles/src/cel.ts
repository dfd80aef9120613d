import { createHash } from "node:crypto";
import { canonicalMacAddress } from "@convergint/schemas";
import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import { nearest } from "./nearest.ts";

/** A path of members that starts at a variable, such as `item.a[0]`. */
export type Path = readonly (string | number)[];

/** A compiled expression. */
export interface Program {
  readonly run: (variables: Readonly<Record<string, unknown>>) => unknown;
  /** The path, if the expression is nothing else. */
  readonly path: Path | null;
  /** Every path that the expression reads. */
  readonly paths: readonly Path[];
  /** Whether the expression has no value if one of its paths has none: it has no has(), ?:, && and the like. */
  readonly needsAllPaths: boolean;
  /** Whether its run time is at most linear in its input, because it has no loop and no regular expression. It needs no watchdog. */
  readonly isStraight: boolean;
}

/** Why a text is not a valid expression. */
export class CelError extends Error {
  override readonly name = "CelError";
  readonly code: "invalid_expression" | "unknown_variable";
  /** The place of the error, in UTF-16 code units from the start of the expression. */
  readonly offset: number;

  constructor(code: CelError["code"], message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** The maximum size of the texts and lists that one evaluation may produce, in bytes. */
const MAX_PRODUCED = 16 * 1024 * 1024;
/** How deeply loops may be nested. Two levels are enough for any mapping: a list is read once for each item of another list. */
const MAX_LOOP_DEPTH = 2;
const BYTES_PER_ITEM = 8;

let produced = 0;

/** The error of an expression whose texts or lists grow too large. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

function spend(bytes: number): void {
  produced += bytes;
  if (produced > MAX_PRODUCED) throw new TooLarge();
}

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) return value.length * BYTES_PER_ITEM;
  return value instanceof Uint8Array ? value.length : 0;
};

function foldText(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");
}

function hashOf(values: unknown): string {
  const json = JSON.stringify(values, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  return createHash("sha256").update(json).digest("hex");
}

function replaceText(text: string, search: string, replacement: string): string {
  const occurrences = search === "" ? text.length + 1 : Math.floor(text.length / search.length);
  spend(occurrences * replacement.length);
  return text.replaceAll(search, () => replacement);
}

/** Operators that have no value if an operand has none. */
const STRICT_OPERATORS = new Set(["value", "id", ".", "[]", "+", "-", "*", "/", "%", "rcall"]);
const STRICT_FUNCTIONS = new Set(["string", "int", "double", "fold", "mac", "size"]);

/** Functions and methods whose run time is at most linear in their input. */
const STRAIGHT_CALLS = new Set(
  "has string int double bool size fold mac hash flatten contains startsWith endsWith replace lowerAscii upperAscii trim substring indexOf orValue hasValue".split(
    " ",
  ),
);

const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
  "%": (a: number, b: number) => a % b,
};

function createBase(): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 400, maxDepth: 40, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 },
  });
  // Allows arithmetic with doubles and ints, because JSON's numbers are doubles, and a whole number in an expression is an int.
  for (const [operator, compute] of Object.entries(ARITHMETIC)) {
    const handler = (a: unknown, b: unknown) => compute(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int: double`, handler);
    environment.registerOperator(`int ${operator} double: double`, handler);
  }
  environment.registerFunction("fold(string): string", foldText);
  environment.registerFunction("hash(list): string", hashOf);
  environment.registerFunction("mac(string): dyn", canonicalMacAddress);
  environment.registerFunction("string.replace(string, string): string", replaceText);
  environment.registerFunction("flatten(list): list<dyn>", (lists: unknown[]) => {
    spend(lists.reduce<number>((sum, list) => sum + sizeOf(list), 0));
    return lists.flat(1);
  });
  return environment;
}

const base = createBase();
const environments = new Map<string, Environment>();

function environmentOf(variables: readonly string[]): Environment {
  const key = variables.toSorted().join(" ");
  const known = environments.get(key);
  if (known !== undefined) return known;
  const environment = base.clone();
  for (const variable of variables) environment.registerVariable(variable, "dyn");
  environments.set(key, environment);
  return environment;
}

/** What this file uses of the syntax tree of cel-js, whose types name only the operators of the language. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly meta: { readonly alternate?: unknown; readonly macro?: unknown };
  handle?: (...operands: unknown[]) => unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "op" in value && "args" in value && "meta" in value;

/** Calls `visit` for each node of a syntax tree, with the number of loops that contain the node. */
function walk(value: unknown, loops: number, visit: (node: Node, loops: number) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) walk(each, loops, visit);
    return;
  }
  if (!isNode(value)) return;
  visit(value, loops);
  const { macro, alternate } = value.meta;
  walk(alternate, loops, visit);
  if (typeof macro === "object" && macro !== null) {
    const { val, exp, args } = macro as { val?: unknown; exp?: unknown; args?: unknown };
    walk(val, loops, visit);
    walk(exp, loops + 1, visit);
    walk(args, loops, visit);
  }
  if (value.op === "comprehension") {
    const { iterable, init, step } = value.args as { iterable: unknown; init: unknown; step: unknown };
    walk(iterable, loops, visit);
    walk(init, loops, visit);
    walk(step, loops + 1, visit);
  } else walk(value.args, loops, visit);
}

/** Returns the path that a node is; `null` if it is anything else. */
function pathOf(node: Node, variables: readonly string[]): Path | null {
  if (node.op === "id") return variables.includes(String(node.args)) ? [String(node.args)] : null;
  if (node.op !== "." && node.op !== "[]") return null;
  const [left, right] = node.args as [Node, unknown];
  const path = pathOf(left, variables);
  const key = node.op === "." ? right : isNode(right) && right.op === "value" ? right.args : null;
  if (path === null) return null;
  if (typeof key === "string") return [...path, key];
  return typeof key === "bigint" && key >= 0n && key < 1_000_000n ? [...path, Number(key)] : null;
}

/** Counts what `+` and calls produce. A join or a split is checked before it allocates. */
function limitGrowth(node: Node): void {
  const { handle } = node;
  if (handle === undefined) return;
  const method = node.op === "rcall" ? (node.args as [string])[0] : null;
  node.handle = (...operands) => {
    const [receiver, argument] = method === null ? [] : (operands[0] as unknown[]);
    if (method === "split") spend(sizeOf(receiver) * BYTES_PER_ITEM);
    if (method === "join" && Array.isArray(receiver))
      spend(receiver.reduce<number>((sum, each) => sum + sizeOf(each) + sizeOf(argument), 0));
    if (node.op === "+") spend(sizeOf(operands[0]) + sizeOf(operands[1]));
    const result = handle(...operands);
    if (node.op !== "+") spend(sizeOf(result));
    return result;
  };
}

function toCelError(error: unknown, variables: readonly string[]): CelError {
  const { code, summary, message, range } = error as Error & {
    readonly code?: string;
    readonly summary?: string;
    readonly range?: { readonly start: number };
  };
  const text = summary ?? message;
  const offset = range?.start ?? 0;
  if (code !== "unknown_variable") return new CelError("invalid_expression", `${text}.`, offset);
  const written = text.replace(/^.*: /, "");
  const near = nearest(written, variables);
  const hint = near === null ? `Variables here: ${variables.join(", ")}.` : `Did you mean ${near}?`;
  return new CelError("unknown_variable", `Unknown variable ${written}. ${hint}`, offset);
}

/**
 * Compiles an expression.
 *
 * @param variables the names that it may read
 * @throws CelError
 */
export function compileCel(source: string, variables: readonly string[]): Program {
  const environment = environmentOf(variables);
  let parsed: ReturnType<Environment["parse"]>;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    throw toCelError(error, variables);
  }
  const checked = parsed.check();
  if (!checked.valid) throw toCelError(checked.error, variables);
  const root = parsed.ast as unknown as Node;
  const paths: Path[] = [];
  let needsAllPaths = true;
  let isStraight = true;
  walk(root, 0, (node, loops) => {
    if (loops > MAX_LOOP_DEPTH)
      throw new CelError(
        "invalid_expression",
        `Loops (map, filter, all, exists, bind) are nested more than ${MAX_LOOP_DEPTH} deep.`,
        node.start,
      );
    if (node.op === "+" || node.op === "call" || node.op === "rcall") limitGrowth(node);
    const isCall = node.op === "call" || node.op === "rcall";
    if (node.op === "comprehension" || (isCall && !STRAIGHT_CALLS.has((node.args as [string])[0])))
      isStraight = false;
    const isStrict =
      STRICT_OPERATORS.has(node.op) ||
      (node.op === "call" && STRICT_FUNCTIONS.has((node.args as [string])[0]));
    needsAllPaths &&= isStrict && node.meta.macro === undefined;
    const path = pathOf(node, variables);
    if (path !== null) paths.push(path);
  });
  const run: Program["run"] = (values) => {
    produced = 0;
    return parsed(values);
  };
  return { run, path: pathOf(root, variables), paths, needsAllPaths, isStraight };
}

/** Whether an error means that a path has no value. */
export const isMissing = (error: unknown): boolean =>
  error instanceof EvaluationError &&
  ["no_such_key", "unknown_variable", "index_out_of_bounds"].includes(error.code);

/** Whether an error says that an operand has a type that the operator or function does not take. */
export const isUnsuitable = (error: unknown): boolean =>
  error instanceof EvaluationError && /overload|operand|condition_type|comprehension_range/.test(error.code);

/** What an error of an evaluation says, without values of the vendor. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof EvaluationError)) return "The expression failed.";
  return `${error.summary.replace(/[:\s]*"[\s\S]*$/, "").replace(/(: -?[\d.]+|(?<=expression):.*)$/s, "")}.`;
}
