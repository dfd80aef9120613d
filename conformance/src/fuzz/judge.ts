import { mediaTypeOf } from "@convergint/internal/media-type";
import {
  fieldErrors,
  PROBLEM_MEDIA_TYPE,
  problemSchema,
  sortableTimestamp,
  timestampSchema,
} from "@convergint/schemas";
import { show } from "../checks/finding.ts";
import { findSchemaFailure } from "../checks/schema-failures.ts";
import { valueAt } from "../evidence/json-pointer.ts";
import { isObject, type JsonObject, textOf } from "../evidence/read.ts";
import { type Answer, type Call, isStranger, type Request } from "./call.ts";
import { expectationOf } from "./expectation.ts";
import type { Violation } from "./hunt.ts";
import { identify, type Ledger, type Listing, type ReadPage, readPage } from "./ledger.ts";
import { changePageSchema, operationOf } from "./operations.ts";
import { pageSizeIn, type View, type World } from "./world.ts";

const violation = (requirement: string, kind: string, expected: string, actual: string): Violation => ({
  requirement,
  kind,
  expected,
  actual,
});

/** Matches text that appears in a response only after an unhandled error. */
export const TRACES =
  /\n\s+at .+:\d+|Traceback \(most recent call last\)|File "[^"\n]+", line \d+|\bat [\w.$]+\([\w]+\.(?:java|kt|scala):\d+\)|goroutine \d+ \[|panic: |SQLSTATE|ORA-\d{5}|syntax error at or near|\.(?:cs|php|rb|py|go):(?:line )?\d+/;
const SECRET = /whsec_[A-Za-z0-9+/]{8,}={0,2}/;

/** How much of a body to show. */
const excerpt = ({ status, headers, body }: Answer): string =>
  `${status} ${headers["content-type"] ?? "without a media type"}${body === "" ? "" : ` ${body.length > 300 ? `${body.slice(0, 300)}…` : body}`}`;

/** Finds content that no answer may contain. */
function findLeak(
  call: Call,
  request: Request,
  answer: Answer,
  ledger: Ledger,
  credentials: readonly string[],
): Violation | null {
  const { status, body } = answer;
  const text = `${JSON.stringify(answer.headers)}\n${body}`;
  if (status >= 400 && credentials.some((each) => text.includes(each)))
    return violation(
      "ERR-002",
      "credential",
      "an error response without the credential of the call",
      excerpt(answer),
    );
  if (status >= 400 && TRACES.test(body))
    return violation(
      "ERR-001",
      "stack trace",
      "a problem for the caller, without a stack trace",
      excerpt(answer),
    );
  const showsSecret =
    ["createWebhookEndpoint", "rotateWebhookSecret"].includes(call.operation) && status < 300;
  if (!showsSecret && (SECRET.test(text) || [...ledger.secrets].some((secret) => text.includes(secret))))
    return violation("SEC-001", "signing secret", "no signing secret", excerpt(answer));
  const foreign = call.as === "other" ? ledger.world.caller : ledger.world.other;
  if (!foreign || status >= 400 || isStranger(call.as)) return null;
  const asked = `${decodeURIComponent(request.rawPath.replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25").replaceAll(/%[89A-Fa-f][0-9A-Fa-f]/g, ""))}${request.body ?? ""}`;
  const id = [...foreign.orgs.keys(), ...foreign.sites.keys(), ...foreign.devices.keys()].find(
    (each) => body.includes(JSON.stringify(each)) && !asked.includes(each),
  );
  return id === undefined
    ? null
    : violation(
        "SEC-005",
        "another tenant's data",
        "nothing of another tenant",
        `${status} with the id ${id} of another tenant`,
      );
}

/** Finds what is wrong with an error response. */
function findProblemDefect(answer: Answer): Violation | null {
  const { status, headers, json } = answer;
  if (mediaTypeOf(headers["content-type"]) !== PROBLEM_MEDIA_TYPE)
    return violation("ERR-001", "no problem", `${PROBLEM_MEDIA_TYPE}`, excerpt(answer));
  const wrong = findSchemaFailure(problemSchema, json);
  if (wrong)
    return violation(
      "ERR-001",
      "invalid problem",
      `${wrong.where || "the body"}: ${wrong.expected}`,
      excerpt(answer),
    );
  if (json.status !== status)
    return violation(
      "ERR-001",
      "status of the problem",
      `status ${status} in the problem, as in the response`,
      excerpt(answer),
    );
  return null;
}

/** Finds what is wrong with the form of a successful answer. */
function findFormDefect(call: Call, request: Request, answer: Answer): Violation | null {
  const operation = operationOf(call.operation);
  const { status, headers, body, json } = answer;
  if (status === 304) {
    if (operation.listing !== undefined && request.parameters.some(({ name }) => name === "cursor"))
      return violation("INV-020", "304 to a cursor", "no 304 to a call with a cursor", excerpt(answer));
    return body === ""
      ? null
      : violation("INV-019", "304 with a body", "304 without a body", excerpt(answer));
  }
  if (call.method !== undefined || status >= 300) return null;
  if (operation.schema === null)
    return body === ""
      ? null
      : violation(operation.requirement, "body", `${operation.success} without a body`, excerpt(answer));
  if (mediaTypeOf(headers["content-type"]) !== "application/json")
    return violation(operation.requirement, "media type", "application/json", excerpt(answer));
  const isOfChanges =
    call.operation === "listDevices" && request.parameters.some(({ name }) => name === "since");
  const schema = isOfChanges ? changePageSchema : operation.schema;
  const { error } = schema.safeParse(json);
  if (!error) return null;
  const [first] = fieldErrors(error, schema);
  return violation(
    first?.requirement ?? operation.requirement,
    "invalid body",
    `${first?.pointer || "the body"}: ${first?.message ?? ""}`,
    show(valueAt(json, first?.pointer ?? "")),
  );
}

const viewOf = ({ caller, other }: World, as: Call["as"]): View => (as === "other" ? other : null) ?? caller;

const matches = (item: JsonObject | null, { filters }: Pick<Listing, "filters">): boolean =>
  item !== null &&
  (["org_id", "site_id"] as const).every(
    (name) => filters[name] === undefined || item[name] === filters[name],
  );

/** The requirement that the content of a listing concerns. */
function contentRequirement({ kind, filters }: Listing): string {
  if (kind === "devices") return filters["site_id"] ? "INV-003" : filters["org_id"] ? "INV-007" : "INV-012";
  if (kind === "sites") return filters["org_id"] ? "SITE-005" : "SITE-007";
  return kind === "orgs" ? "ORG-001" : filters["org_id"] ? "EVT-026" : "EVT-023";
}

const few = (ids: readonly string[]): string =>
  `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ` and ${ids.length - 3} more` : ""}`;

/** Finds what is wrong with one page, whatever the inventory contains. */
function findPageDefect(
  { request }: { readonly request: Request },
  page: ReadPage,
  answer: Answer,
  ledger: Ledger,
): Violation | null {
  const { listing, items, before, isFirst, isLast } = page;
  const limit = request.parameters.find(({ name }) => name === "limit")?.value;
  const max = /^0*[1-9]\d*$/.test(limit ?? "") ? Math.min(Number(limit), declaredMax(ledger.world)) : null;
  if (max !== null && items.length > max)
    return violation("PAGE-003", "too many items", `at most ${max} items`, `${items.length} items`);
  const org = (item: JsonObject) =>
    listing.kind === "events" && isObject(item["data"]) ? item["data"] : item;
  const stray = listing.since ? undefined : items.find((item) => !matches(org(item), listing));
  if (stray)
    return violation(
      contentRequirement(listing),
      "item outside the filter",
      `only items with ${JSON.stringify(listing.filters)}`,
      `${identify(listing.kind, stray)} with ${show({ org_id: org(stray)["org_id"], site_id: org(stray)["site_id"] })}`,
    );
  const ids = items.map((item) => identify(listing.kind, item));
  const repeated = ids.find((id, index) => before.has(id) || ids.indexOf(id) !== index);
  if (repeated !== undefined)
    return violation(
      "PAGE-001",
      "repeated item",
      "each item once",
      `${repeated} occurs twice in the listing`,
    );
  if (!isFirst && answer.json.snapshot?.id !== listing.snapshot["id"])
    return violation(
      "PAGE-004",
      "snapshot",
      `the snapshot ${show(listing.snapshot)} of the first page`,
      show(answer.json.snapshot),
    );
  const hasToken = textOf(answer.json, "sync_token") !== null;
  const isTokenDue = listing.kind === "devices" && ledger.world.manifest["inventory"] !== undefined && isLast;
  const isIncremental =
    isObject(ledger.world.manifest["inventory"]) &&
    ledger.world.manifest["inventory"]["incremental_sync"] === true;
  if (isIncremental && hasToken !== isTokenDue)
    return violation(
      "SYNC-001",
      "sync token",
      isTokenDue ? "a sync_token on the last page" : "no sync_token on this page",
      show(Object.keys(answer.json)),
    );
  return null;
}

const declaredMax = (world: World): number => {
  const inventory = world.manifest["inventory"];
  const size = isObject(inventory) ? inventory["max_page_size"] : undefined;
  return typeof size === "number" ? size : pageSizeIn(world);
};

/** How long a listing may lag behind a change. */
const MAX_LAG_MS = 30_000;

/** Finds items that a full listing lacks, or must not contain. */
function findContentDefect(
  { listing, items, before, isFirst }: ReadPage,
  answer: Answer,
  { world, changes }: Ledger,
): Violation | null {
  const { kind } = listing;
  if (kind === "events") return null;
  const ids = new Set([...before.keys(), ...items.map((item) => identify(kind, item))]);
  const total: unknown = answer.json.snapshot?.total_count;
  // The inventory may change between two pages; `run` reads such a listing again.
  if (isFirst && typeof total === "number" && total !== ids.size)
    return violation(
      "PAGE-006",
      "total_count",
      `total_count ${ids.size}, the number of items in the whole listing`,
      String(total),
    );
  // The first of several pages may have lagged behind a change that the last page shows.
  const lagging = changes.findIndex(({ at }) => at > listing.at - MAX_LAG_MS);
  const settledAt = isFirst || lagging === -1 ? listing.changesBefore : lagging;
  const unsettled = new Set(
    kind === "devices" ? changes.slice(settledAt).map(({ deviceId }) => deviceId) : [],
  );
  const known = viewOf(world, listing.as)[kind];
  const missing = [...known].flatMap(([id, item]) =>
    matches(item, kind === "orgs" ? { filters: {} } : listing) && !ids.has(id) && !unsettled.has(id)
      ? [id]
      : [],
  );
  const lag = {
    mayHaveChanged: true as const,
    ...(changes.length > 0 && kind === "devices" && { mayLag: true as const }),
  };
  if (missing.length > 0)
    return {
      ...violation(
        contentRequirement(listing),
        "missing item",
        `every item that the whole listing has with these filters`,
        `without ${few(missing)}`,
      ),
      ...lag,
    };
  const extra = [...ids].filter((id) => !known.has(id) && !unsettled.has(id));
  if (extra.length > 0)
    return {
      ...violation(
        contentRequirement(listing),
        "unknown item",
        "only items that the whole listing has",
        `with ${few(extra)}`,
      ),
      ...lag,
    };
  return null;
}

/** Finds changes that a listing of changes lacks. */
function findMissedChange({ listing, items, before }: ReadPage, { changes }: Ledger): Violation | null {
  const from = listing.since?.changesBefore;
  if (from === undefined || listing.kind !== "devices") return null;
  const listed = new Map([...before, ...items.map((item) => [identify("devices", item), item] as const)]);
  const until = listing.changesBefore;
  const touched = new Set(changes.slice(from, until).map(({ deviceId }) => deviceId));
  for (const deviceId of touched) {
    const own = changes.slice(from, until).filter((change) => change.deviceId === deviceId);
    const [earliest, latest] = [own[0]?.before ?? null, own.at(-1)?.after ?? null];
    // A device that was added and removed between the two listings need not be listed.
    if ((earliest === null && latest === null) || !(matches(earliest, listing) || matches(latest, listing)))
      continue;
    const item = listed.get(deviceId);
    const isRemoved = item?.["lifecycle"] === "removed";
    if (item && isRemoved === (latest === null)) continue;
    const requirement = latest === null ? "SYNC-003" : matches(latest, listing) ? "SYNC-002" : "SYNC-008";
    return {
      ...violation(
        requirement,
        "missed change",
        latest === null
          ? `the tombstone of the removed device ${deviceId}`
          : `the changed device ${deviceId}`,
        item ? `it is listed as ${show(item["lifecycle"] ?? "present")}` : "it is not listed",
      ),
      mayLag: true,
    };
  }
  return null;
}

/** Tells whether every event of one listing must also be in another listing. */
function isWithin(narrow: Listing, broad: Listing): boolean {
  const { org_id: org, after } = broad.filters;
  if (narrow.as !== broad.as || (org !== undefined && org !== narrow.filters["org_id"])) return false;
  if (after === undefined) return true;
  const of = (text: string | undefined) =>
    timestampSchema.safeParse(text).success ? sortableTimestamp(text ?? "") : "";
  return of(narrow.filters["after"]) >= of(after);
}

/**
 * Finds events that a listing lacks although an earlier listing contains them. The earlier listing has the
 * same or a smaller scope.
 */
function findMissedEvent({ listing, items, before }: ReadPage, { events: read }: Ledger): Violation | null {
  if (listing.kind !== "events") return null;
  const listed = new Set([...before.keys(), ...items.map((item) => identify("events", item))]);
  for (const earlier of read) {
    if (!isWithin(earlier.listing, listing)) continue;
    const missing = [...earlier.events.keys()].filter((id) => !listed.has(id));
    if (missing.length > 0)
      return violation(
        listing.filters["org_id"] ? "EVT-026" : "EVT-023",
        "missing event",
        `every event of the earlier listing with ${JSON.stringify(earlier.listing.filters)}`,
        `without ${few(missing)}`,
      );
  }
  return null;
}

/**
 * Finds events that a listing of one org lacks although the listing of all orgs in the same period contains
 * them.
 */
function findMissedOrgEvent(
  { listing, items, before }: ReadPage,
  { events: read }: Ledger,
): Violation | null {
  const { org_id: org, after } = listing.filters;
  if (listing.kind !== "events" || org === undefined) return null;
  const listed = new Set([...before.keys(), ...items.map((item) => identify("events", item))]);
  for (const { listing: other, events } of read) {
    if (other.as !== listing.as || other.filters["org_id"] !== undefined || other.filters["after"] !== after)
      continue;
    const missing = [...events].flatMap(([id, event]) =>
      isObject(event["data"]) && event["data"]["org_id"] === org && !listed.has(id) ? [id] : [],
    );
    if (missing.length > 0)
      return violation(
        "EVT-026",
        "missing event of the org",
        "every event of this org that the listing of all orgs has",
        `without ${few(missing)}`,
      );
  }
  return null;
}

const COMPARED = ["device_id", "org_id", "site_id", "type", "name"] as const;

function findDeviceDefect(
  expected: JsonObject | undefined,
  json: JsonObject,
  requirement: string,
): Violation | null {
  const wrong =
    expected && COMPARED.find((name) => expected[name] !== undefined && json[name] !== expected[name]);
  return wrong
    ? violation(requirement, `another ${wrong}`, `${wrong} ${show(expected[wrong])}`, show(json[wrong]))
    : null;
}

/** How much two clocks may differ. */
const TOLERANCE_MS = 300_000;
const DAY_MS = 86_400_000;

/** Finds where an answer about a single object contradicts the request or the vendor's earlier answers. */
function findContradiction(
  call: Call,
  request: Request,
  json: JsonObject,
  ledger: Ledger,
  now: number,
): Violation | null {
  const sent = call.body && "json" in call.body && isObject(call.body.json) ? call.body.json : null;
  const { endpoints } = ledger;
  const devices = viewOf(ledger.world, call.as).devices;
  const known = devices.get(request.ids["device_id"] ?? "");
  // JSON parsers differ on duplicate members, so the answer to such a body proves nothing.
  if (call.body !== undefined && sent === null) return null;
  switch (call.operation) {
    case "getDevice": {
      const found = findDeviceDefect(known, json, "INV-005");
      return found && ledger.changes.length > 0 ? { ...found, mayLag: true } : found;
    }
    case "setSandboxDeviceStatus":
      if (json["status"] !== sent?.["status"])
        return violation(
          "SBX-001",
          "another status",
          `the status ${show(sent?.["status"])}`,
          show(json["status"]),
        );
      return findDeviceDefect(known, json, "SBX-001");
    case "moveSandboxDevice":
      return findDeviceDefect(known && { ...known, site_id: sent?.["site_id"] }, json, "SBX-006");
    case "addSandboxDevice":
      return devices.has(String(json["device_id"]))
        ? violation("INV-008", "reused id", "a new id", show(json["device_id"]))
        : findDeviceDefect(
            { site_id: sent?.["site_id"], type: sent?.["type"], name: sent?.["name"] },
            json,
            "SBX-006",
          );
    case "createWebhookEndpoint":
    case "rotateWebhookSecret": {
      const secret = String(json["secret"]);
      const bytes = Buffer.from(secret.slice("whsec_".length), "base64").length;
      if (ledger.secrets.has(secret) || bytes < 24 || bytes > 64)
        return violation(
          "SEC-002",
          "secret",
          "a new secret of 24 to 64 bytes",
          ledger.secrets.has(secret) ? "a secret that was issued before" : `${bytes} bytes`,
        );
      const expires = Date.parse(String(json["previous_expires_at"]));
      if (call.operation === "rotateWebhookSecret" && expires < now + DAY_MS - TOLERANCE_MS)
        return violation(
          "SEC-010",
          "previous_expires_at",
          "at least 24 hours from now",
          show(json["previous_expires_at"]),
        );
      return call.operation === "createWebhookEndpoint" ? findEndpointDefect(sent ?? {}, json) : null;
    }
    case "listWebhookEndpoints": {
      const listed = new Map(
        (Array.isArray(json["data"]) ? json["data"] : []).map((each) => [each.endpoint_id, each]),
      );
      for (const [id, { as, registered, isDeleted }] of endpoints) {
        if (as !== call.as || isDeleted !== listed.has(id)) {
          const found = listed.get(id);
          if (as === call.as && found) {
            const wrong = findEndpointDefect(registered, found);
            if (wrong) return wrong;
          }
          continue;
        }
        return violation(
          "DLV-018",
          isDeleted ? "deleted endpoint" : "missing endpoint",
          isDeleted ? `not the deleted endpoint ${id}` : `the endpoint ${id}`,
          few([...listed.keys()]),
        );
      }
    }
  }
  return null;
}

/** Compares an endpoint with its registration. */
function findEndpointDefect(expected: JsonObject, json: JsonObject): Violation | null {
  const listOf = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.toSorted() : []);
  if (json["url"] !== expected["url"])
    return violation("DLV-018", "another url", show(expected["url"]), show(json["url"]));
  if (typeof expected["org_id"] === "string" && json["org_id"] !== expected["org_id"])
    return violation("DLV-018", "another org_id", show(expected["org_id"]), show(json["org_id"]));
  return listOf(json["event_types"]) === listOf(expected["event_types"])
    ? null
    : violation("DLV-018", "other event_types", show(expected["event_types"]), show(json["event_types"]));
}

/** What {@link judge} needs in addition to the call. */
export interface Grounds {
  readonly ledger: Ledger;
  /** The credentials that no error may repeat. */
  readonly credentials: readonly string[];
  readonly now: number;
}

/** Judges an answer by the contract and by the vendor's earlier answers. @returns what is wrong, or `null` */
export function judge(
  call: Call,
  request: Request,
  answer: Answer,
  { ledger, credentials, now }: Grounds,
): Violation | null {
  const expectation = expectationOf({ call, request }, ledger);
  const { status } = answer;
  const leak = findLeak(call, request, answer, ledger, credentials);
  if (leak) return leak;
  if (!expectation.statuses.has(status)) {
    const found = violation(
      expectation.requirement,
      status >= 500 ? "server error" : `status ${status}`,
      expectation.expected,
      excerpt(answer),
    );
    return ledger.changes.length > 0 && status === 404 ? { ...found, mayLag: true } : found;
  }
  if (status === 429 && answer.headers["retry-after"] === undefined)
    return violation("ERR-004", "Retry-After", "429 with Retry-After", excerpt(answer));
  const isHead = call.method === "HEAD";
  if (status >= 400) return isHead ? null : findProblemDefect(answer);
  const form = isHead ? null : findFormDefect(call, request, answer);
  if (form || call.method !== undefined || status >= 300 || status === 304) return form;
  const page = readPage(call, request, answer, ledger);
  if (page) {
    const defect = findPageDefect({ request }, page, answer, ledger);
    if (defect || !page.isLast) return defect;
    return page.listing.since || page.listing.filters["since"] !== undefined
      ? findMissedChange(page, ledger)
      : (findContentDefect(page, answer, ledger) ??
          findMissedEvent(page, ledger) ??
          findMissedOrgEvent(page, ledger));
  }
  return isObject(answer.json) ? findContradiction(call, request, answer.json, ledger, now) : null;
}
