import { Refusal } from "../problem.ts";

/** The largest page. */
export const MAX_PAGE_SIZE = 1000;
const DEFAULT_LIMIT = 100;

/** Reads a query string. Ignores unknown parameters. */
export class ListQuery {
  readonly #parameters: URLSearchParams;

  constructor(url: string) {
    this.#parameters = new URL(url).searchParams;
  }

  /** @throws {Refusal} `invalid_parameter` for a duplicate parameter */
  get(name: string): string | undefined {
    const [value, ...more] = this.#parameters.getAll(name);
    if (more.length > 0) throw new Refusal("invalid_parameter", `Send ${name} once.`);
    return value;
  }

  /** Returns the page size. @throws {Refusal} `invalid_limit` */
  get limit(): number {
    const text = this.get("limit") ?? String(DEFAULT_LIMIT);
    const limit = /^\d+$/.test(text) ? Number(text) : 0;
    if (limit < 1) throw new Refusal("invalid_limit", "Send limit as a whole number of at least 1.");
    return Math.min(limit, MAX_PAGE_SIZE);
  }
}
