import type { Place } from "./errors.ts";

/** What an expression may read, by name. JSON values. */
export type Variables = Readonly<Record<string, unknown>>;

/** The place of an expression that no reader has placed. */
const UNREAD: Place = { file: "", line: 0, column: 0, path: "" };

/** An expression of a profile, in CEL. `readProfile` compiles it and sets its place. */
export class Expression {
  readonly source: string;
  #place: Place = UNREAD;

  constructor(source: string) {
    this.source = source;
  }

  /** Where the profile has the expression. */
  get place(): Place {
    return this.#place;
  }
}
