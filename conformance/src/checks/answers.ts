import {
  describeFieldErrors,
  eventSchema,
  eventSchemaOf,
  fieldErrors,
  problemSchema,
} from "@convergint/schemas";
import type { z } from "zod";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { itemsOf, type JsonObject, jsonOf } from "../evidence/read.ts";
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
  const within = first?.pointer ?? "";
  const actual = valueAt(value, within);
  return {
    where: pointer + within,
    expected: wantedBy(first?.message ?? "a valid value"),
    actual: show(actual),
    hint:
      errors.length > 1
        ? `All that is wrong: ${describeFieldErrors(errors)}`
        : onlyThis(within, actual === undefined),
  };
}

/**
 * What is wrong with what an event says by its type, or `null`. What is wrong with it as any event is the matter of
 * EVT-002, and of DLV-012 in a batch: both are in every run that has webhooks.
 */
export const invalidOfItsType = (type: string, event: JsonObject): Omit<Failure, "at"> | null =>
  eventSchema.safeParse(event).success ? invalid(eventSchemaOf(type), event) : null;

/** What to change where a single member is wrong, or the whole value. */
function onlyThis(pointer: string, isMissing: boolean): string {
  if (pointer === "") return "Send what is expected in its place.";
  return `${isMissing ? "Add" : "Change"} "${pointer.split("/").at(-1)}"; nothing else is wrong here.`;
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
