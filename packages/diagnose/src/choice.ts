import type { Mistake } from "./mistake.ts";

/** One way to do one part of signing. */
export interface Choice<Value> {
  readonly value: Value;
  /** What is wrong with doing it this way; nothing for the right way. */
  readonly mistakes: readonly Mistake[];
  /** Rare or expensive, so tried only where everything else is right. */
  readonly alone?: boolean;
}

/** A row of a table of mistakes: what is wrong, and what it makes of what there is. */
export interface Row<From, Made> {
  readonly mistake: Mistake;
  readonly alone?: boolean;
  /** What the mistake makes, in each of its writings; `null` where it makes nothing of this. */
  readonly make: (from: From) => readonly (Made | null)[];
}

/**
 * The right way, and what the mistakes of a table make: each value once, with the first mistake that makes it.
 *
 * @param textOf tells values apart: two with the same text are one
 */
export function choicesOf<From, Made>(
  right: Made,
  rows: readonly Row<From, Made>[],
  from: From,
  textOf: (made: Made) => string,
): readonly Choice<Made>[] {
  const choices: Choice<Made>[] = [{ value: right, mistakes: [] }];
  const taken = new Set([textOf(right)]);
  for (const { mistake, alone = false, make } of rows) {
    for (const value of make(from)) {
      if (value === null || taken.has(textOf(value))) continue;
      taken.add(textOf(value));
      choices.push({ value, mistakes: [mistake], alone });
    }
  }
  return choices;
}
