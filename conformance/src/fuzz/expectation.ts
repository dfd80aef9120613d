import { mediaTypeOf } from "@convergint/internal/media-type";
import { describeFieldErrors, fieldErrors, timestampSchema } from "@convergint/schemas";
import { isObject, memberOf, parseJson, textOf } from "../evidence/read.ts";
import { bodyText, type Call, isStranger, type Request } from "./call.ts";
import { FILTERS, type Operation, operationOf, type Parameter, SELECTIONS } from "./operations.ts";
import { hasSystemFilter, isOffered, type Ledger, type View, viewOf, type World } from "./world.ts";

/** Why a call must be refused. */
interface Refusal {
  readonly statuses: readonly number[];
  /** The requirement that the vendor violates if its answer is not the expected one. */
  readonly requirement: string;
  /** Describes the mistake in words. */
  readonly because: string;
}

/** How a call must be answered. */
export interface Expectation {
  /** The statuses that the contract allows. */
  readonly statuses: ReadonlySet<number>;
  /** The requirement that a response with another status violates. */
  readonly requirement: string;
  /** Describes the expected answer and the reason for it. */
  readonly expected: string;
}

/** The facts that an answer is judged by. */
export interface Judged {
  readonly call: Call;
  readonly request: Request;
}

type Collected = { readonly refusals: Refusal[]; readonly alternatives: Set<number> };

/** The maximum length of ids and bodies. A proxy, for example, may refuse longer ones. */
const LONG_TEXT = 1000;
const LARGE_BODY = 64 * 1024;
/** Characters that a server may refuse in a path before it looks for the id. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to recognize
const UNUSUAL = /[\u0000-\u001f\u007f/\\\ufffd]/;

const otherViewOf = ({ caller, other }: World, { as }: Call): View | null =>
  as === "other" ? caller : other;

/** Collects the reasons to refuse an id in the path. */
function judgeIds(
  { call, request }: Judged,
  { world, endpoints }: Ledger,
  { refusals, alternatives }: Collected,
): void {
  for (const [name, id] of Object.entries(request.ids)) {
    const statuses = [
      404,
      ...(id === null || UNUSUAL.test(id) || id.length > 256 ? [400] : []),
      ...(id !== null && id.length > LONG_TEXT ? [414] : []),
    ];
    if (name === "endpoint_id") {
      const endpoint = id === null ? undefined : endpoints.get(id);
      if (endpoint?.as === call.as && !endpoint.isDeleted) continue;
      refusals.push({ statuses, requirement: "SEC-006", because: "the caller has no endpoint with this id" });
      continue;
    }
    if (id !== null && viewOf(world, call.as).devices.has(id)) continue;
    const isForeign = id !== null && otherViewOf(world, call)?.devices.has(id) === true;
    const requirement = isForeign ? "SEC-006" : call.operation === "getDevice" ? "INV-006" : "SBX-003";
    refusals.push({
      statuses,
      requirement,
      because: isForeign ? "the device belongs to another tenant" : "there is no device with this id",
    });
  }
  if (call.suffix !== undefined) for (const status of [301, 307, 308, 404, 405]) alternatives.add(status);
}

const UNKNOWN_ORG: Readonly<Record<string, string>> = {
  sites: "SITE-006",
  devices: "INV-011",
  events: "EVT-026",
};

/** The requirement that a wrong value of a parameter concerns. */
const requirementOf = (name: Parameter, kind: string): string =>
  ({
    limit: "PAGE-007",
    cursor: "PAGE-005",
    since: "SYNC-006",
    after: "ERR-003",
    site_id: "INV-004",
    system_id: "INV-022",
    org_id: UNKNOWN_ORG[kind] ?? "ERR-003",
  })[name];

/** Matches a positive integer in plain decimal notation. */
const PLAIN_LIMIT = /^[1-9]\d*$/;
/** Texts that some parsers read as a positive integer. A vendor may accept or refuse them. */
const LENIENT_LIMIT = /^\s*\+?0*[1-9]\d*(?:\.0*)?\s*$/;

function judgeLimit(text: string, { refusals, alternatives }: Collected): void {
  if (PLAIN_LIMIT.test(text)) return;
  if (LENIENT_LIMIT.test(text)) alternatives.add(400);
  else
    refusals.push({
      statuses: [400],
      requirement: "PAGE-007",
      because: `the limit ${JSON.stringify(text.slice(0, 60))} is not a positive integer`,
    });
}

/** The statuses with which a vendor may refuse an unknown id in the query. */
const statusesFor = (id: string): readonly number[] => [
  404,
  ...(UNUSUAL.test(id) || id.length > 256 ? [400] : []),
  ...(id.length > LONG_TEXT ? [414] : []),
];

/** Collects the reasons to refuse a filter by system. */
function judgeSystem(id: string, { call }: Judged, { world }: Ledger, collected: Collected): void {
  const { systems, devices } = viewOf(world, call.as);
  if (systems.has(id)) {
    // After its last device was removed, the vendor may no longer know the system.
    if (![...devices.values()].some((device) => device["system_id"] === id)) collected.alternatives.add(404);
    return;
  }
  const isForeign = otherViewOf(world, call)?.systems.has(id) === true;
  collected.refusals.push({
    statuses: statusesFor(id),
    requirement: isForeign ? "SEC-006" : "INV-022",
    because: isForeign ? "the system belongs to another tenant" : "there is no system with this id",
  });
}

function judgeFilter(
  name: "org_id" | "site_id",
  id: string,
  { call, request }: Judged,
  { world }: Ledger,
  collected: Collected,
  kind: string,
): void {
  const view = viewOf(world, call.as);
  const known = name === "org_id" ? view.orgs : view.sites;
  const foreign = otherViewOf(world, call)?.[name === "org_id" ? "orgs" : "sites"];
  if (!known.has(id)) {
    collected.refusals.push({
      statuses: statusesFor(id),
      requirement: foreign?.has(id) ? "SEC-006" : requirementOf(name, kind),
      because: foreign?.has(id)
        ? `the ${name} belongs to another tenant`
        : `there is no ${name.slice(0, -3)} with this id`,
    });
    return;
  }
  const org = request.parameters.find((each) => each.name === "org_id")?.value;
  if (
    name === "site_id" &&
    typeof org === "string" &&
    view.orgs.has(org) &&
    view.sites.get(id)?.["org_id"] !== org
  )
    collected.refusals.push({
      statuses: [404],
      requirement: "INV-004",
      because: "the site is not in this org",
    });
}

/** Collects the reasons to refuse a cursor or a sync token. */
function judgeToken(
  name: "cursor" | "since",
  text: string,
  given: ReadonlyMap<string, string>,
  { call }: Judged,
  { cursors, tokens, world }: Ledger,
  { refusals, alternatives }: Collected,
  kind: string,
): void {
  const own = requirementOf(name, kind);
  const what = name === "cursor" ? "cursor" : "sync token";
  const statuses = text === "" ? [400] : [400, 410];
  if (name === "since" && !isOffered(world.manifest, { capability: "inventory.incremental_sync" })) {
    refusals.push({
      statuses: [400],
      requirement: "INV-017",
      because: "the manifest declares no incremental_sync",
    });
    return;
  }
  const listing = name === "cursor" ? cursors.get(text)?.listing : tokens.get(text);
  if (!listing || listing.kind !== kind) {
    refusals.push({
      statuses,
      requirement: own,
      because: `the vendor did not issue this ${what} for this listing`,
    });
    return;
  }
  if (listing.as !== call.as) {
    refusals.push({ statuses, requirement: "SEC-007", because: `this ${what} was issued to another tenant` });
    return;
  }
  const names: readonly Parameter[] = (name === "cursor" ? FILTERS : SELECTIONS).filter(
    (each) => each !== "system_id" || hasSystemFilter(world.manifest),
  );
  const differing = names.filter((filter) => given.get(filter) !== listing.filters[filter]);
  if (differing.length === 0) return;
  // If a cursor comes without the filters of its listing, vendors may tolerate the omission.
  if (name === "cursor" && differing.every((filter) => given.get(filter) === undefined))
    alternatives.add(400);
  else refusals.push({ statuses, requirement: own, because: `this ${what} was issued for other filters` });
}

function judgeAfter(text: string, { refusals, alternatives }: Collected): void {
  if (!timestampSchema.safeParse(text).success)
    refusals.push({
      statuses: [400],
      requirement: "ERR-003",
      because: `after=${JSON.stringify(text.slice(0, 60))} is not a UTC timestamp`,
    });
  // Whether the vendor still keeps every event since then is for the vendor to say.
  else alternatives.add(410);
}

/** Collects the reasons to refuse a query. */
function judgeQuery(judged: Judged, operation: Operation, ledger: Ledger, collected: Collected): void {
  const { parameters } = judged.request;
  const kind = operation.listing ?? "";
  const given = new Map(parameters.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
  // Such a URL is malformed, and a server may refuse it before it knows what the parameter means.
  if (parameters.some(({ value }) => value === null)) collected.alternatives.add(400);
  for (const name of operation.query) {
    const [first, ...others] = parameters.filter((each) => each.name === name);
    // A vendor ignores a parameter that it does not know.
    if (!first || (name === "system_id" && !hasSystemFilter(ledger.world.manifest))) continue;
    if (others.length > 0)
      collected.refusals.push({
        statuses: [400],
        requirement: requirementOf(name, kind),
        because: `${name} occurs more than once`,
      });
    const { value } = first;
    if (value === null) {
      // If a value cannot be decoded, a server may read it as plain text.
      collected.refusals.push({
        statuses: [400, 404, 410],
        requirement: requirementOf(name, kind),
        because: `${name} cannot be decoded`,
      });
    } else if (name === "limit") judgeLimit(value, collected);
    else if (name === "org_id" || name === "site_id")
      judgeFilter(name, value, judged, ledger, collected, kind);
    else if (name === "system_id") judgeSystem(value, judged, ledger, collected);
    else if (name === "after") judgeAfter(value, collected);
    else judgeToken(name, value, given, judged, ledger, collected, kind);
  }
}

/** Collects the reasons why a command with a valid body cannot be carried out. */
function judgeCommand(
  json: unknown,
  { call, request }: Judged,
  { world }: Ledger,
  { refusals, alternatives }: Collected,
): void {
  const body = isObject(json) ? json : {};
  const view = viewOf(world, call.as);
  const site = textOf(body, "site_id");
  const device = view.devices.get(request.ids["device_id"] ?? "");
  switch (call.operation) {
    case "createWebhookEndpoint": {
      const org = textOf(body, "org_id");
      if (org !== null && !view.orgs.has(org))
        refusals.push({
          statuses: [404],
          requirement: "SEC-006",
          because: "the caller has no org with this id",
        });
      const url = textOf(body, "url") ?? "";
      if (isPrivate(url))
        refusals.push({ statuses: [400], requirement: "DLV-019", because: `${url} is not a public address` });
      else if (url !== world.destination) alternatives.add(400);
      const types: unknown[] = Array.isArray(body["event_types"]) ? body["event_types"] : [];
      if (types.some((type) => !world.eventTypes.includes(String(type)))) alternatives.add(400);
      return;
    }
    case "addSandboxDevice":
    case "moveSandboxDevice": {
      if (site !== null && !view.sites.has(site))
        refusals.push({
          statuses: [404],
          requirement: "SBX-006",
          because: "the caller has no site with this id",
        });
      else if (device && view.sites.get(site ?? "")?.["org_id"] !== device["org_id"])
        refusals.push({ statuses: [400], requirement: "SBX-006", because: "the site is in another org" });
      if (call.operation === "addSandboxDevice" && !world.addable.includes(textOf(body, "type") ?? ""))
        alternatives.add(400);
      return;
    }
    case "publishSandboxEvent": {
      const types = world.eventTypesOf.get(textOf(device ?? null, "type") ?? "") ?? [];
      if (device && !types.includes(textOf(body, "type") ?? ""))
        refusals.push({
          statuses: [400],
          requirement: "SBX-006",
          because: "the catalogue does not list this event type for the device's type",
        });
      alternatives.add(409);
      // Some event types require certain members of the event's data, and others limit the values of a
      // member.
      alternatives.add(400);
      if (["org_id", "site_id", "device_id"].some((name) => textOf(memberOf(body, "data"), name) !== null))
        alternatives.add(404);
      return;
    }
    case "setSandboxDeviceStatus":
      if (textOf(device ?? null, "parent_device_id") !== null) alternatives.add(409);
  }
}

/** Addresses of private networks and of cloud metadata, however they are written. */
function isPrivate(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return /^(?:10\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[(?:f[cd]|fe[89ab]|::ffff:(?:a|0?a[0-9a-f]{2}|a9fe|c0a8)))/i.test(
    hostname,
  );
}

/** Collects the reasons to refuse a body. */
function judgeBody(judged: Judged, operation: Operation, ledger: Ledger, collected: Collected): void {
  const { body: schema } = operation;
  const { call } = judged;
  if (!schema) {
    // Some servers refuse a body that a call should not have.
    if (call.body !== undefined) for (const status of [400, 415]) collected.alternatives.add(status);
    return;
  }
  const { refusals, alternatives } = collected;
  const text = bodyText(call.body) ?? "";
  const requirement = operation.capability === "sandbox" ? operation.requirement : "ERR-003";
  const type = mediaTypeOf(call.body?.type ?? undefined);
  if (call.body?.type == null || /^application\/.*\+json$|^text\/json$/.test(type))
    for (const status of [400, 415]) alternatives.add(status);
  else if (type !== "application/json")
    refusals.push({ statuses: [400, 415], requirement, because: `the media type is ${type || "missing"}` });
  if (text.length > LARGE_BODY) for (const status of [400, 413]) alternatives.add(status);
  const json = parseJson(text);
  if (json === undefined) {
    refusals.push({ statuses: [400, 413], requirement, because: "the body is not JSON" });
    return;
  }
  // JSON parsers differ on duplicate members and on deep nesting. Some refuse members that could pollute a
  // prototype.
  if ("parts" in (call.body ?? {}) || /__proto__|constructor/.test(text)) alternatives.add(400);
  const { error } = schema.safeParse(json);
  if (error) {
    const [issue] = error.issues;
    const isUrl = issue?.path[0] === "url";
    refusals.push({
      statuses: text.length > LARGE_BODY ? [400, 413] : [400],
      requirement: isUrl ? "DLV-019" : requirement,
      because: `the body is wrong at ${describeFieldErrors(fieldErrors(error), 1)}`,
    });
    // An invalid id is also an unknown id, so 404 is allowed too.
    if (issue?.path.some((name) => /_id$/.test(String(name)))) alternatives.add(404);
    return;
  }
  judgeCommand(json, judged, ledger, collected);
}

const list = (statuses: Iterable<number>): string =>
  [...new Set(statuses)].sort((one, other) => one - other).join(" or ");

/** Returns the answers that a call allows. */
export function expectationOf(judged: Judged, ledger: Ledger): Expectation {
  const { call, request } = judged;
  const operation = operationOf(call.operation);
  const { as, method } = call;
  const isUnusualPath =
    method !== undefined || call.suffix !== undefined || Object.values(request.ids).includes(null);
  if (isStranger(as) && as !== "basic" && as !== "noScheme" && call.operation !== "getManifest") {
    const isUnissued = as === "madeUp" || as === "cutKey" || as === "longerKey";
    const requirement = isUnissued ? "AUTH-002" : operation.capability === "sandbox" ? "SBX-002" : "AUTH-001";
    const statuses = [401, ...(isUnusualPath ? [301, 307, 308, 400, 404, 405] : [])];
    if (method === "OPTIONS") statuses.push(200, 204);
    const because = isUnissued ? "the vendor did not issue this credential" : "the call has no credential";
    return { statuses: new Set(statuses), requirement, expected: `${list(statuses)}, because ${because}` };
  }
  if (method !== undefined) {
    const statuses =
      method === "OPTIONS"
        ? [200, 204, 404, 405]
        : method === "HEAD"
          ? [200, 202, 204, 304, 400, 401, 404, 405, 410]
          : [404, 405];
    if (as === "basic" || as === "noScheme") statuses.push(401);
    return {
      statuses: new Set(statuses),
      requirement: "ERR-003",
      expected: `${list(statuses)}, because this path has no method ${method}`,
    };
  }
  const collected: Collected = { refusals: [], alternatives: new Set() };
  if (as === "basic" || as === "noScheme") collected.alternatives.add(401);
  judgeIds(judged, ledger, collected);
  judgeQuery(judged, operation, ledger, collected);
  judgeBody(judged, operation, ledger, collected);
  const accept = request.headers["accept"] ?? "";
  if (!/application\/(?:json|\*)|\*\/\*/.test(accept)) collected.alternatives.add(406);
  const isConditional = request.headers["if-none-match"] !== undefined && operation.method === "GET";
  const [first, ...others] = collected.refusals;
  if (first) {
    const statuses = [
      ...first.statuses,
      ...others.flatMap((each) => each.statuses),
      ...collected.alternatives,
    ];
    const because = [first, ...others].map((each) => each.because).join(", and ");
    return {
      statuses: new Set(statuses),
      requirement: first.requirement,
      expected: `${list(statuses)}, because ${because}`,
    };
  }
  const statuses = [operation.success, ...(isConditional ? [304] : []), ...collected.alternatives];
  return {
    statuses: new Set(statuses),
    requirement: validRequirement(judged, operation),
    expected: `${list(statuses)}, because the call is valid`,
  };
}

/** The requirement that a wrong answer to a valid call violates. */
function validRequirement({ request: { parameters } }: Judged, { requirement, listing }: Operation): string {
  const has = (name: string) => parameters.some((each) => each.name === name);
  if (listing === undefined) return requirement;
  if (has("since")) return "SYNC-002";
  if (has("cursor")) return "PAGE-001";
  if (has("system_id") && listing === "devices") return "INV-021";
  if (has("site_id") && listing === "devices") return "INV-003";
  if (has("org_id"))
    return { sites: "SITE-005", devices: "INV-007", events: "EVT-026", orgs: requirement }[listing];
  if (has("limit")) return "PAGE-008";
  return requirement;
}
