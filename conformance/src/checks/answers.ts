import { describeFieldErrors, fieldErrors, problemSchema } from "@convergint/schemas";
import type { z } from "zod";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { itemsOf, jsonOf } from "../evidence/read.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { valueAt, wantedBy } from "./schema-words.ts";

/** What an exchange was answered with, in a few words; a problem's own are the vendor's best. */
export function answered(exchange: Exchange): string {
  if (!exchange.response) return `no answer (${exchange.failure})`;
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  const words = [exchange.response.status, problem?.code, problem?.detail && `(${show(problem.detail)})`];
  return words.filter((word) => word !== undefined && word !== null && word !== "").join(" ");
}

/** What is wrong with a value by its schema, or `null`. @param pointer where the value stands in the body */
export function invalid(schema: z.ZodType, value: unknown, pointer = ""): Omit<Failure, "at"> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return null;
  const errors = fieldErrors(parsed.error, schema);
  const [first] = errors;
  return {
    where: pointer + (first?.pointer ?? ""),
    expected: wantedBy(first?.message ?? "a valid value"),
    actual: show(valueAt(value, first?.pointer ?? "")),
    ...(errors.length > 1 ? { hint: `All that is wrong: ${describeFieldErrors(errors)}` } : {}),
  };
}

/** What to change where something that does not exist is not answered with 404. */
export const UNKNOWN_ID =
  "Look the id up before you filter by it, among what the credential may see: an unknown one is 404 with a problem, or a typing mistake looks like an empty result.";

/** Judges answers by their status alone. */
export function judgeStatus(
  exchanges: readonly Exchange[],
  ...allowed: readonly [number, ...number[]]
): Finding {
  return judgeEach(
    exchanges.map((exchange) => ({ at: exchange.id, exchange })),
    "nothing was asked",
    ({ exchange }) =>
      exchange.response && allowed.includes(exchange.response.status)
        ? null
        : {
            expected: `${allowed.join(" or ")} for ${exchange.request.method} ${new URL(exchange.request.url).pathname}`,
            actual: answered(exchange),
          },
  );
}

/** What keeps an answer from being a 200 with valid JSON, or `null`. */
export function notAnAnswer(exchange: Exchange): Omit<Failure, "at"> | null {
  if (exchange.response?.status !== 200) return { expected: "200 with JSON", actual: answered(exchange) };
  if (jsonOf(exchange) === undefined) {
    return { expected: "a JSON body", actual: show(exchange.response.body) };
  }
  return null;
}

/** Why no device was moved, where the sandbox offers to. */
export const NOWHERE_TO_MOVE =
  "no device was put up that could be moved to another site of its org; use a tenant with an org of two sites, and see SBX-006";

/** Judges that a listing answers, has an item, and that each of its items is valid. */
export function judgeItems(listing: Listing, schema: z.ZodType): Finding {
  const broken = listing.pages.find((page) => notAnAnswer(page));
  if (broken) return judgeEach([{ at: broken.id }], "", () => notAnAnswer(broken));
  const items = itemsOf(listing);
  const [first] = listing.pages;
  if (items.length === 0 && first) {
    return judgeEach([{ at: first.id }], "", () => ({
      where: "/data",
      expected: "at least one entry",
      actual: "none",
      hint: "An empty account cannot be certified: use a tenant with orgs, sites and devices.",
    }));
  }
  return judgeEach(items, "nothing was listed", ({ value, pointer }) => invalid(schema, value, pointer));
}

/** How a listing ended that has no last page. */
const END = {
  not_a_page: "a page that cannot be read",
  repeated_cursor: "a next_cursor that was given before, so that reading never ends",
  too_many_pages: "more pages than anybody can read",
} as const;
const LAST_PAGE = "Answer with next_cursor null on the page that has the last entry.";

/** Judges that listings contain exactly the ids they should, naming the first that is missing or too many. */
export function judgeIds(
  listings: readonly {
    readonly listing: Listing;
    readonly ids: readonly string[];
    readonly expected: ReadonlySet<string>;
    readonly of: string;
  }[],
  none: string,
): Finding {
  const subjects = listings.flatMap(({ listing, ...rest }) => {
    const [page] = listing.pages;
    return page ? [{ at: page.id, page, end: listing.end, ...rest }] : [];
  });
  return judgeEach(subjects, none, ({ page, end, ids, expected, of }) => {
    const unreadable = notAnAnswer(page);
    if (unreadable) {
      return {
        ...unreadable,
        hint: "What is listed can be filtered by: with nothing in it, it is an empty page (data [], next_cursor null), and no error.",
      };
    }
    const extra = ids.find((id) => !expected.has(id));
    if (extra !== undefined) {
      return {
        expected: `only ${of}`,
        actual: `also ${extra}`,
        hint: "Apply the filter of the query in every query behind it, that of the next page included.",
      };
    }
    const listed = new Set(ids);
    if (end !== "last_page") return { expected: `${of}, to a last page`, actual: END[end], hint: LAST_PAGE };
    if (listed.size < ids.length) {
      return { expected: `each of ${of} once`, actual: `${ids.length - listed.size} come twice` };
    }
    const missing = [...expected].find((id) => !listed.has(id));
    if (missing !== undefined) {
      return {
        expected: `all of ${of}`,
        actual: `${missing} is missing`,
        hint: "The listing without a filter has it: page through the filtered one in the same way, to its last entry.",
      };
    }
    return null;
  });
}
