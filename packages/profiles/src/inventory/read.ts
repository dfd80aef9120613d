import { setImmediate as nextTurn } from "node:timers/promises";
import { unlessAborted, wait } from "@convergint/internal/call-limits";
import { toShownValue } from "@convergint/internal/printable";
import type { Secrets } from "@convergint/internal/secrets";
import { showPlace } from "../errors.ts";
import type { Variables } from "../expression.ts";
import type { InventoryRules, RequestRule } from "../profile.ts";
import { renderJson } from "../template.ts";
import type { ReadBudget } from "./budget.ts";
import { type JsonAnswer, type ReadJson, resolveUrl } from "./connection.ts";
import type { Inventory, InventoryMapping, ListedItem } from "./mapping.ts";
import { type AnsweredPage, type ListingEnd, type PageRequest, readPages } from "./paging.ts";
import { VendorReadError } from "./vendor-error.ts";

/** The maximum number of times to read a list whose counts do not agree, because it changes meanwhile. */
const MAX_READINGS = 5;
const LONGEST_PAUSE_SECONDS = 8;
/** How long the processing of items may run before it yields to other work on the event loop. */
const MAX_TURN_MS = 20;
const ITEMS_PER_STEP = 200;

/** What reading needs. */
export interface ReadingParts {
  readonly rules: InventoryRules;
  readonly mapping: InventoryMapping;
  readonly baseUrl: string;
  readonly setting: Variables;
  readonly readJson: ReadJson;
  readonly secrets: Pick<Secrets, "removedFromBody">;
  readonly budget: ReadBudget;
  readonly signal: AbortSignal;
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
}

/** Percent-encodes a value for a path. A dot segment would lead to another path, so it becomes a value that no path has. */
const encodeSegment = (value: string): string =>
  value === "." || value === ".." ? value.replaceAll(".", "%252E") : encodeURIComponent(value);

const missing = (rule: RequestRule, what: string) =>
  new VendorReadError(
    "missing_value",
    rule.items.place,
    `The request needs ${what}, but a value in braces is missing. Check the names in braces, and the settings of the integration.`,
  );

/** Builds the URL of a page. @throws {VendorReadError} `missing_value`, `unsafe_url` */
function toUrl(rule: RequestRule, page: PageRequest, variables: Variables, baseUrl: string): string {
  const { place } = rule.items;
  if (page.url !== null) {
    const url = resolveUrl(baseUrl, page.url, place);
    if (url.origin === new URL(baseUrl).origin) return url.href;
    throw new VendorReadError(
      "unsafe_url",
      place,
      `The next page is on ${url.host}, not on the base URL's host. The credential is not sent there. If the vendor serves you from ${url.host}, make this host the base URL.`,
    );
  }
  const path = rule.path.render(variables, encodeSegment);
  if (path === undefined) throw missing(rule, `its path ${rule.path.source}`);
  const url = resolveUrl(baseUrl, path, place);
  for (const [name, template] of Object.entries(rule.query)) {
    const value = template.render(variables);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  if (page.sendIn === "query") {
    for (const [name, value] of Object.entries(page.parameters)) url.searchParams.set(name, String(value));
  }
  return url.href;
}

function toHeaders(rule: RequestRule, variables: Variables, hasBody: boolean): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (hasBody) headers["content-type"] = "application/json";
  for (const [name, template] of Object.entries(rule.headers)) {
    const value = template.render(variables);
    if (value === undefined || /[^\t\x20-\x7e]/.test(value))
      throw missing(rule, `its header ${name} in visible ASCII`);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function toBody(rule: RequestRule, page: PageRequest, variables: Variables): string | null {
  const inBody = page.sendIn === "body" ? page.parameters : {};
  if (rule.body === undefined && page.sendIn === "query") return null;
  const rendered = rule.body === undefined ? {} : renderJson(rule.body, variables);
  const isObject = typeof rendered === "object" && rendered !== null && !Array.isArray(rendered);
  return JSON.stringify(isObject ? { ...rendered, ...inBody } : rendered);
}

/** Finds the items of a response. A missing list is never an empty one. @throws {VendorReadError} `missing_items` */
function itemsOf(
  { items }: RequestRule,
  { body, isEmpty }: JsonAnswer,
  variables: Variables,
  secrets: ReadingParts["secrets"],
): readonly unknown[] {
  if (isEmpty) return [];
  const list = items.evaluate(variables);
  if (Array.isArray(list)) return list;
  const seen = toShownValue(body, secrets.removedFromBody, 200);
  throw new VendorReadError(
    "missing_items",
    items.place,
    `The response has no list here. It is not treated as an empty list, because a vendor may report a failure or change its format this way. The response: ${seen}`,
  );
}

/** What the readings of one listing have shown. */
interface Count {
  readonly end: ListingEnd;
  readonly received: number;
  readonly ids: ReadonlySet<string>;
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size === b.size && [...a].every((id) => b.has(id));

/** Says why a list that moves may miss items; `null` if its counts agree. */
function findDisagreement({ end, received, ids }: Count, previous: Count | null): string | null {
  const { totals, isMoving, filledPages } = end;
  if (!isMoving) return null;
  if (totals !== null && totals.before !== totals.after)
    return `the vendor counted ${totals.before} ${totals.of} before and ${totals.after} after the reading`;
  if (totals?.of === "items")
    return totals.after === ids.size
      ? null
      : `the vendor counts ${totals.after} items, and its pages have ${ids.size} different ones`;
  if (received !== ids.size) return `the pages have ${received} items, and ${ids.size} different ones`;
  // If at most one page has items, no item can be missed between two pages.
  if (filledPages <= 1) return null;
  return previous !== null && isSame(previous.ids, ids)
    ? null
    : "the vendor states no count of items, and no two consecutive readings are the same";
}

/**
 * Reads the requests of a profile, and maps their items. A list whose counts do not agree is read again; if they never do, the
 * inventory has a doubt.
 *
 * @throws {VendorReadError}
 * @throws {ExpressionError}
 */
export async function readInventory(parts: ReadingParts): Promise<Inventory> {
  const { rules, mapping, setting, budget, readJson, signal, sleep, secrets } = parts;
  const pause = (seconds: number) =>
    sleep ? unlessAborted(sleep(seconds), [signal]) : wait(seconds, [signal]);

  async function fetchPage(rule: RequestRule, page: PageRequest, scope: Variables): Promise<AnsweredPage> {
    signal.throwIfAborted();
    const { place } = rule.items;
    budget.requireMore(place);
    const outer = { ...scope, setting };
    const body = toBody(rule, page, outer);
    const url = toUrl(rule, page, outer, parts.baseUrl);
    const headers = toHeaders(rule, outer, body !== null);
    const { method, empty_statuses: emptyStatuses } = rule;
    const answer = await readJson({ method, url, headers, body, place, emptyStatuses });
    const variables = { ...outer, body: answer.body, headers: answer.headers };
    const items = itemsOf(rule, answer, variables, secrets);
    budget.add(items.length, answer.size);
    return {
      items,
      isEmptyAnswer: answer.isEmpty,
      value: (expression) => expression.evaluate(variables),
      url,
      link: answer.headers["link"],
    };
  }

  /** Reads one listing once. */
  async function readOnce(name: string, rule: RequestRule, scope: Variables) {
    const staged = mapping.stage(name);
    const ids = new Set<string>();
    const isCounted = rule.paging.style === "page" || rule.paging.style === "offset";
    let received = 0;
    let turnBegan = performance.now();
    const pages = readPages(rule.paging, (page) => fetchPage(rule, page, scope), rule.items.place);
    for (;;) {
      const { done, value } = await pages.next();
      if (done) return { staged, count: { end: value, received, ids } };
      received += value.length;
      for (let from = 0; from < value.length; from += ITEMS_PER_STEP) {
        const items: ListedItem[] = value.slice(from, from + ITEMS_PER_STEP).map((item) => ({ item, scope }));
        if (isCounted) for (const id of mapping.identify(name, items)) ids.add(id);
        staged.add(items);
        if (performance.now() - turnBegan < MAX_TURN_MS) continue;
        await nextTurn();
        signal.throwIfAborted();
        turnBegan = performance.now();
      }
    }
  }

  /** Reads one listing until its counts agree. */
  async function readListing(name: string, rule: RequestRule, scope: Variables): Promise<void> {
    let previous: Count | null = null;
    for (let reading = 1; ; reading += 1) {
      const { staged, count } = await readOnce(name, rule, scope);
      const disagreement = findDisagreement(count, previous);
      if (disagreement === null || reading === MAX_READINGS) {
        staged.keep();
        if (disagreement !== null)
          mapping.doubt(name, `${showPlace(rule.items.place)} request ${name}: ${disagreement}`);
        return;
      }
      const isFirstOfTwo = previous === null && count.end.totals?.of !== "items";
      if (!isFirstOfTwo) await pause(Math.min(2 ** reading, LONGEST_PAUSE_SECONDS));
      previous = count;
    }
  }

  for (const name of mapping.order) {
    const rule = rules.requests[name];
    if (rule === undefined) continue;
    if (rule.for_each === undefined) {
      await readListing(name, rule, {});
      continue;
    }
    for (const { item, scope } of mapping.itemsOf(rule.for_each))
      await readListing(name, rule, { ...scope, [rule.as ?? rule.for_each]: item });
  }
  return mapping.result();
}
