import type { Mistake } from "./mistake.ts";

/** One way to do one step of signing. */
export interface Choice<Value> {
  readonly value: Value;
  /** What is wrong with this way of signing; empty for the right way. */
  readonly mistakes: readonly Mistake[];
  /** True for a rare or expensive choice, which is tried only if every other step is right. */
  readonly exclusive?: boolean;
}

/** A row in a table of mistakes: the mistake, and the values that it produces. */
export interface Row<From, Made> {
  readonly mistake: Mistake;
  readonly exclusive?: boolean;
  /** Computes the values that the mistake may produce; `null` for a value that does not apply here. */
  readonly make: (from: From) => Iterable<Made | null>;
}

/**
 * Lists the right value and every value that a table of mistakes produces. Lists each value once, with the
 * first mistake that produces it.
 *
 * @param keyOf computes a key that is equal for equal values
 */
export function choicesOf<From, Made>(
  right: Made,
  rows: readonly Row<From, Made>[],
  from: From,
  keyOf: (made: Made) => string,
): readonly Choice<Made>[] {
  const choices: Choice<Made>[] = [{ value: right, mistakes: [] }];
  const taken = new Set([keyOf(right)]);
  for (const { mistake, exclusive = false, make } of rows) {
    for (const value of make(from)) {
      if (value === null) continue;
      const key = keyOf(value);
      if (taken.has(key)) continue;
      taken.add(key);
      choices.push({ value, mistakes: [mistake], exclusive });
    }
  }
  return choices;
}
