import { isDeepStrictEqual } from "node:util";
import type { Place } from "../errors.ts";
import type { Expression } from "../expression.ts";
import type { PagingRule } from "../profile.ts";
import { VendorReadError } from "./vendor-error.ts";

/** Which page to request. */
export interface PageRequest {
  /** Parameters to add, by name. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly sendIn: "query" | "body";
  /** The whole URL, if a `Link` header gave it. */
  readonly url: string | null;
}

/** One response of a listing. */
export interface AnsweredPage {
  readonly items: readonly unknown[];
  /** Whether the status means an empty listing. Such a response has neither totals nor a cursor. */
  readonly isEmptyAnswer: boolean;
  /** Evaluates an expression on this response; `undefined` if the value is absent. */
  readonly value: (expression: Expression) => unknown;
  /** The URL that `Link` headers are relative to. */
  readonly url: string;
  readonly link: string | undefined;
}

/** What the vendor said about the size of the listing, at its first and at its last page. */
interface Totals {
  readonly of: "items" | "pages";
  readonly before: number;
  readonly after: number;
}

/** What is known about a listing when its last page was read. */
export interface ListingEnd {
  /** The number of pages with items. */
  readonly filledPages: number;
  /** `null` if the vendor states no totals. */
  readonly totals: Totals | null;
  /**
   * Whether pages are counted from the start of the list. The reader then misses items if earlier items are removed
   * meanwhile. With a cursor, the vendor must prevent that.
   */
  readonly isMoving: boolean;
}

/** A listing with more consecutive empty pages than this counts as endless. A single empty page is valid. */
const MAX_EMPTY_PAGES = 1000;

/** Fetches one page. */
export type FetchPage = (request: PageRequest) => Promise<AnsweredPage>;

/** Yields the items of each page. */
export type Pages = AsyncGenerator<readonly unknown[], ListingEnd, undefined>;

/** The end of a listing whose pages the vendor keeps consistent, such as by a cursor, or that is empty. */
const AT_REST: ListingEnd = { filledPages: 1, totals: null, isMoving: false };

type Rule<Style extends PagingRule["style"]> = Extract<PagingRule, { style: Style }>;

/** Requires each cursor to be new. */
function createCursorRule(place: Place) {
  const seen = new Set<string>();
  return (cursor: string) => {
    if (seen.has(cursor)) {
      throw new VendorReadError(
        "repeated_cursor",
        place,
        "The vendor sent the same cursor twice, so its listing would never end. Check paging.next and paging.ends_when.",
      );
    }
    seen.add(cursor);
  };
}

/** Requires that pages do not stay empty for ever. */
function createEmptyRule(place: Place) {
  let empty = 0;
  return (items: readonly unknown[]) => {
    empty = items.length === 0 ? empty + 1 : 0;
    if (empty <= MAX_EMPTY_PAGES) return;
    const message = `${MAX_EMPTY_PAGES} consecutive pages were empty. Check how \`paging\` finds the end.`;
    throw new VendorReadError("endless_listing", place, message);
  };
}

/** Returns the next cursor; `null` at the end. A marker that the profile does not name is an error, never the end. */
function nextCursor({ next, ends_when, end }: Rule<"cursor">, page: AnsweredPage): string | null {
  if (ends_when !== undefined) {
    const ends = page.value(ends_when);
    if (typeof ends !== "boolean") {
      const message = "The page does not say whether it is the last. The expression must be true or false.";
      throw new VendorReadError("missing_cursor", ends_when.place, message);
    }
    if (ends) return null;
  }
  const cursor = page.value(next);
  if ((typeof cursor === "string" && cursor !== "") || typeof cursor === "number") return String(cursor);
  const marker =
    cursor === undefined
      ? "absent"
      : cursor === null
        ? "null"
        : cursor === ""
          ? "empty"
          : "neither text nor number";
  if (ends_when === undefined && (end as readonly string[]).includes(marker)) return null;
  const known =
    ends_when === undefined
      ? `paging.end is ${end.join(", ")}`
      : "paging.ends_when says that there are more pages";
  throw new VendorReadError(
    "missing_cursor",
    next.place,
    `The page's next cursor is ${marker}, but ${known}. The inventory is not used, because it may be incomplete.`,
  );
}

async function* readCursorPages(rule: Rule<"cursor">, fetchPage: FetchPage, place: Place): Pages {
  const { send_as, send_in: sendIn, size } = rule;
  const requireNew = createCursorRule(place);
  const requireContent = createEmptyRule(place);
  const sized = size === undefined ? {} : { [size.name]: size.value };
  for (let cursor: string | null = null; ; ) {
    const parameters = cursor === null ? sized : { ...sized, [send_as]: cursor };
    const page = await fetchPage({ parameters, sendIn, url: null });
    yield page.items;
    cursor = page.isEmptyAnswer ? null : nextCursor(rule, page);
    if (cursor === null) return AT_REST;
    requireNew(cursor);
    requireContent(page.items);
  }
}

/** Finds the target with `rel=next` in a `Link` header (RFC 8288). */
export function nextLink(header: string | undefined): string | null {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;<"]*(?:"[^"]*")?)*)/g,
  )) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(parameters);
    const relations = (rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next")) return target;
  }
  return null;
}

async function* readLinkedPages({ size }: Rule<"link">, fetchPage: FetchPage, place: Place): Pages {
  const requireNew = createCursorRule(place);
  const requireContent = createEmptyRule(place);
  const sized = size === undefined ? {} : { [size.name]: size.value };
  for (let url: string | null = null; ; ) {
    const page: AnsweredPage = await fetchPage({
      parameters: url === null ? sized : {},
      sendIn: "query",
      url,
    });
    yield page.items;
    const next = nextLink(page.link);
    if (next === null) return AT_REST;
    if (!URL.canParse(next, page.url)) {
      const message = "The Link header has no valid URL with rel=next.";
      throw new VendorReadError("unsafe_url", place, message);
    }
    url = new URL(next, page.url).href;
    requireNew(url);
    requireContent(page.items);
  }
}

/** Reads a total from a page. @throws {VendorReadError} `missing_total`: without it, the end would be a guess */
function totalOf(expression: Expression, page: AnsweredPage): number {
  const total = page.value(expression);
  if (typeof total === "number" && Number.isSafeInteger(total) && total >= 0) return total;
  if (typeof total === "string" && /^\d{1,15}$/.test(total)) return Number(total);
  const message =
    "The page has no total here, or it is not a whole number. The inventory is not used, because it may be incomplete.";
  throw new VendorReadError("missing_total", expression.place, message);
}

/**
 * Reads numbered pages, or pages at an offset. Ends where the totals say so; without totals, at the first empty page. The
 * vendor may send fewer items per page than asked for, and an empty page before the end is not the end.
 */
async function* readCountedPages(rule: Rule<"page" | "offset">, fetchPage: FetchPage, place: Place): Pages {
  const { size, send_in: sendIn, total } = rule;
  const requireContent = createEmptyRule(place);
  const pageCount = rule.style === "page" ? rule.pages : undefined;
  let received = 0;
  let offset = 0;
  let largest = 0;
  let filledPages = 0;
  let before: number | null = null;
  let after: number | null = null;
  let previous: readonly unknown[] = [];
  const end = (): ListingEnd => ({
    filledPages,
    totals:
      before === null || after === null
        ? null
        : { of: total === undefined ? "pages" : "items", before, after },
    isMoving: true,
  });
  for (let index = 0; ; index += 1) {
    const position = rule.style === "page" ? { [rule.page]: rule.first + index } : { [rule.offset]: offset };
    const page = await fetchPage({ parameters: { ...position, [size.name]: size.value }, sendIn, url: null });
    const { items } = page;
    yield items;
    received += items.length;
    offset += items.length || size.value;
    largest = Math.max(largest, items.length);
    if (items.length > 0) filledPages += 1;
    if (page.isEmptyAnswer) return index === 0 ? AT_REST : end();
    const itemTotal = total === undefined ? null : totalOf(total, page);
    const pageTotal = pageCount === undefined ? null : totalOf(pageCount, page);
    after = itemTotal ?? pageTotal;
    before ??= after;
    if (pageTotal !== null) {
      if (index + 1 >= pageTotal) return end();
    } else if (itemTotal !== null) {
      const expectedPages = Math.ceil(itemTotal / (largest || size.value));
      if (received >= itemTotal || (items.length === 0 && index + 1 >= expectedPages)) return end();
    } else if (items.length === 0) {
      return end();
    } else if (isDeepStrictEqual(items[0], previous[0]) && isDeepStrictEqual(items, previous)) {
      throw new VendorReadError(
        "repeated_page",
        place,
        "Two consecutive pages are the same, so the vendor ignores the page parameter or repeats its last page. Check `paging`, and set its `total` if the vendor sends one.",
      );
    }
    requireContent(items);
    previous = items;
  }
}

/**
 * Reads a listing page by page, and yields the items of each page.
 *
 * @param place the place of the request in the profile, for messages
 * @throws {VendorReadError} `missing_cursor`, `missing_total`, `repeated_cursor`, `repeated_page`, `endless_listing`,
 *   `unsafe_url`; the errors of `fetchPage`
 */
export function readPages(rule: PagingRule, fetchPage: FetchPage, place: Place): Pages {
  switch (rule.style) {
    case "none":
      return readOnePage(fetchPage);
    case "cursor":
      return readCursorPages(rule, fetchPage, place);
    case "link":
      return readLinkedPages(rule, fetchPage, place);
    default:
      return readCountedPages(rule, fetchPage, place);
  }
}

async function* readOnePage(fetchPage: FetchPage): Pages {
  const { items } = await fetchPage({ parameters: {}, sendIn: "query", url: null });
  yield items;
  return AT_REST;
}
