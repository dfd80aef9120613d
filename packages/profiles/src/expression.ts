import { Optional } from "@marcbachmann/cel-js";
import {
  compileCel,
  describeFailure,
  isMissing,
  isUnsuitable,
  type Path,
  type Program,
  TooLarge,
} from "./cel.ts";
import { ExpressionError, type ExpressionErrorCode, type Place } from "./errors.ts";
import { guardEach, type Limited, requireWatchdog, setRunning } from "./sandbox.ts";

/** What an expression may read, by name. JSON values. */
export type Variables = Readonly<Record<string, unknown>>;

/** How long an expression is refused after it did not end in time, in milliseconds. */
export const BLOCKED_MS = 60_000;

/** The place of an expression that was not compiled by the reader of a profile. */
const UNREAD: Place = { file: "", line: 0, column: 0, path: "" };

const nameOf = (value: unknown): string =>
  Array.isArray(value) ? "a list" : typeof value === "string" ? "a text" : `a ${typeof value}`;

/** Reads a path. @returns `undefined` if a member is missing; an Error with the name of a member that is not an object */
function readPath(path: Path, variables: Variables): unknown {
  let value: unknown = variables;
  for (let depth = 0; depth < path.length; depth += 1) {
    if (value === undefined || value === null) return undefined;
    const key = path[depth] as string | number;
    const fits =
      typeof key === "number" ? Array.isArray(value) : typeof value === "object" && !Array.isArray(value);
    if (!fits)
      return new Error(`${path.slice(0, depth).join(".")} is ${nameOf(value)}, so it has no member ${key}.`);
    value = Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
  }
  return value;
}

/** Whether the value of one of the paths is missing or null. */
const lacksValue = (paths: readonly Path[], variables: Variables): boolean =>
  paths.some((path) => (readPath(path, variables) ?? null) === null);

/** Turns the result of CEL into JSON's types. Containers stay as they are. */
function toJsonScalar(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number")
    return Number.isFinite(value) ? value : new Error("The result is not a finite number.");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value;
  const type = value.constructor?.name;
  if (type === "Object" || type === undefined) return value;
  if (value instanceof Optional) return value.hasValue() ? toJsonScalar(value.value()) : undefined;
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? new Error("The result is not a valid time.") : value.toISOString();
  return new Error(`The result has a type that JSON does not have (${type}). Convert it with string().`);
}

/** An expression of a profile, in CEL. `readProfile` compiles it and sets its place. */
export class Expression implements Limited {
  readonly source: string;
  #place: Place = UNREAD;
  #program: Program | null = null;
  #now: () => number = Date.now;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(source: string) {
    this.source = source;
  }

  /** The place of the expression in the profile. */
  get place(): Place {
    return this.#place;
  }

  /**
   * Compiles the expression. Only the reader of the profile calls this.
   *
   * @param names the variables that the expression may read
   * @throws CelError
   */
  compile(place: Place, names: readonly string[], now: () => number): void {
    this.#place = place;
    this.#now = now;
    this.#program = compileCel(this.source, names);
  }

  /**
   * Evaluates the expression. Each call that needs a watchdog starts one; use `guardEach` to share it between many.
   *
   * @returns a JSON value; `undefined` if the expression reads a member that is missing
   * @throws ExpressionError without values of the vendor
   */
  evaluate(variables: Variables): unknown {
    if (this.#program === null) throw new TypeError(`Read the profile first: ${this.source}`);
    const { path } = this.#program;
    if (path !== null) return this.#checked(readPath(path, variables));
    if (this.#program.isStraight || requireWatchdog()) return this.#run(this.#program, variables);
    return guardEach([variables], (values) => this.evaluate(values))[0];
  }

  /** Refuses the expression for a minute, because it did not end. */
  block(): ExpressionError {
    this.#blockedUntil = this.#now() + BLOCKED_MS;
    return this.#error("expression_timeout", "The expression was stopped, because it did not end in time.");
  }

  #run(program: Program, variables: Variables): unknown {
    if (this.#now() < this.#blockedUntil)
      throw this.#error(
        "expression_blocked",
        "Not evaluated: the expression did not end in time less than a minute ago.",
      );
    // Returns without evaluating, because an error would be slow, and a vendor may omit the member in each of 100,000 records.
    if (program.needsAllPaths && lacksValue(program.paths, variables)) return undefined;
    setRunning(this);
    try {
      return this.#checked(toJsonScalar(program.run(variables)));
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      if (error instanceof TooLarge || error instanceof RangeError)
        throw this.#error(
          "expression_too_large",
          "The expression builds a text or a list that is too large.",
        );
      // If an operand is missing or null, the expression has no value, whichever error the operator throws.
      if (isMissing(error) || (isUnsuitable(error) && lacksValue(program.paths, variables))) return undefined;
      throw this.#error("expression_failed", describeFailure(error));
    } finally {
      setRunning(null);
    }
  }

  #checked(result: unknown): unknown {
    if (result instanceof Error) throw this.#error("expression_failed", result.message);
    return result;
  }

  #error(code: ExpressionErrorCode, message: string): ExpressionError {
    return new ExpressionError(code, this.#place, message);
  }
}
