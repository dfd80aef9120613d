import {
  describeFieldErrors,
  eventSchema,
  eventSchemaOf,
  type FieldError,
  fieldErrors,
  problemSchema,
} from "@convergint/schemas";
import type { z } from "zod";
import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { isBatch, itemsOf, type JsonObject, jsonOf } from "../evidence/read.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { valueAt, wantedBy } from "./schema-words.ts";

/** What an exchange was answered with, in a few words; a problem's own are the vendor's best. */
export function answered(exchange: Exchange): string {
  if (!exchange.response) return `no answer (${exchange.failure})`;
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  const words = [exchange.response.status, problem?.code, problem?.detail && `(${show(problem.detail)})`];
  return words.filter((word) => word !== undefined && word !== null && word !== "").join(" ");
}

/** The errors of a value as one failure, or `null` where there are none. @param pointer where the value stands in the body */
function failureOf(
  errors: readonly FieldError[],
  value: unknown,
  pointer: string,
): Omit<Failure, "at"> | null {
  const [first] = errors;
  if (!first) return null;
  const actual = valueAt(value, first.pointer);
  return {
    where: pointer + first.pointer,
    expected: wantedBy(first.message),
    actual: show(actual),
    hint:
      errors.length > 1
        ? `All that is wrong: ${describeFieldErrors(errors)}`
        : onlyThis(first.pointer, actual === undefined),
  };
}

/** What to change where a single member is wrong, or the whole value. */
function onlyThis(pointer: string, isMissing: boolean): string {
  const [name, within] = pointer.split("/").toReversed();
  if (pointer === "" || name === undefined) return "Send what is expected in its place.";
  const member = /^\d+$/.test(name) ? `entry ${name} of "${within || "the list"}"` : `"${name}"`;
  return `${isMissing ? "Add" : "Change"} ${member}; each of the other members is right by itself.`;
}

function errorsBy(schema: z.ZodType, value: unknown): readonly FieldError[] {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error, schema) : [];
}

/** What is wrong with a value by its schema, or `null`. @param pointer where the value stands in the body */
export const invalid = (schema: z.ZodType, value: unknown, pointer = ""): Omit<Failure, "at"> | null =>
  failureOf(errorsBy(schema, value), value, pointer);

/**
 * What is wrong with an event by its type, or `null`. What would be wrong with it as any event is left to EVT-002, which
 * looks at each that was posted alone.
 */
export function invalidOfItsType(
  type: string,
  { delivery, event }: { readonly delivery: Delivery; readonly event: JsonObject },
): Omit<Failure, "at"> | null {
  const leftOut = isBatch(delivery) ? [] : errorsBy(eventSchema, event).map(({ pointer }) => pointer);
  const errors = errorsBy(eventSchemaOf(type), event).filter(({ pointer }) => !leftOut.includes(pointer));
  const failure = failureOf(errors, event, "");
  const hint = `Beside what EVT-002 says of it, this is wrong: ${describeFieldErrors(errors)}`;
  return failure && leftOut.length > 0 ? { ...failure, hint } : failure;
}

/** What to change where something that does not exist is not answered with 404. */
export const UNKNOWN_ID =
  "Look the id up before you filter by it, among what the credential may see: an unknown one is 404 with a problem, or a typing mistake looks like an empty result.";

/** Judges answers by their status alone. @param hint what to change where it is another than those allowed */
export function judgeStatus(
  exchanges: readonly Exchange[],
  allowed: readonly [number, ...number[]],
  hint: string,
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
            hint,
          },
  );
}

/** What keeps an answer from being a 200 with valid JSON, or `null`. */
export function notAnAnswer(exchange: Exchange): Omit<Failure, "at"> | null {
  if (exchange.response?.status !== 200) {
    return {
      expected: "200 with JSON",
      actual: answered(exchange),
      hint: "The call is one that the contract has, with a credential that you issued: your own log says what hindered it.",
    };
  }
  if (jsonOf(exchange) === undefined) {
    return {
      expected: "a JSON body",
      actual: show(exchange.response.body),
      hint: "Serialise the answer as JSON, and let no proxy or framework put a page of its own in its place.",
    };
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

/** What keeps a listing from having been read to its end, or `null`. */
export const endless = ({ end }: Listing, of: string): Omit<Failure, "at"> | null =>
  end === "last_page"
    ? null
    : {
        expected: `${of}, to a last page`,
        actual: END[end],
        hint: "Answer with next_cursor null on the page that has the last entry.",
      };

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
    return page ? [{ at: page.id, page, listing, ...rest }] : [];
  });
  return judgeEach(subjects, none, ({ page, listing, ids, expected, of }) => {
    const unreadable = notAnAnswer(page);
    if (unreadable) {
      return {
        ...unreadable,
        hint: "What is listed can be filtered by: with nothing in it, it is an empty page (data [], next_cursor null), and no error.",
      };
    }
    const extra = ids.filter((id) => !expected.has(id));
    if (extra.length > 0) {
      return {
        expected: `only ${of}`,
        actual: `${extra.length} others among the ${ids.length} that are listed, ${extra[0]} for one`,
        hint: "Filter by what the query asks for before the listing is cut into pages, and when the next page is read.",
      };
    }
    const listed = new Set(ids);
    const unended = endless(listing, of);
    if (unended) return unended;
    if (listed.size < ids.length) {
      return {
        expected: `each of ${of} once`,
        actual: `${ids.length - listed.size} come twice`,
        hint: "Order by something unique, and go on behind the last entry of the page before: then none is on two pages.",
      };
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
