import type { SeededRandom } from "@convergint/internal/seeded-random";
import { textOf } from "../evidence/read.ts";
import { alterations, type Body, type Call, type Caller, type Case, strangers, type Value } from "./call.ts";
import { createDraw, type Draw, WRONG_VALUES } from "./draw.ts";
import { type OperationName, operationOf, operations, type Parameter } from "./operations.ts";
import { isOffered, pageSizeIn, type View, type World } from "./world.ts";

/** The values from which cases are generated. */
export interface Material {
  readonly world: World;
  readonly random: SeededRandom;
  /** Ids that existed earlier in the run: the ids of removed devices and deleted endpoints. */
  readonly goneDevices: readonly string[];
  readonly goneEndpoints: readonly string[];
  /** Cursors and tokens that the vendor issued for other listings earlier in the run. */
  readonly oldCursors: readonly string[];
  readonly oldTokens: readonly string[];
  readonly now: number;
}

const text = (written: string): Value => ({ text: written });
const encoded = (written: string): Value => ({ text: written, encoded: true });

const LONG = "x".repeat(300);
const VERY_LONG = "x".repeat(3000);

/** Texts that break parsers, encoders, queries and lookups. */
const ODD_TEXTS: readonly Value[] = [
  ...[
    "null",
    "undefined",
    "0",
    "-1",
    "*",
    "%",
    "_",
    "all",
    "__proto__",
    "constructor",
    "toString",
    "[object Object]",
    "' OR '1'='1",
    "1; DROP TABLE devices",
    '"',
    "\\",
    "{}",
    "[]",
    "\u0000",
    "a\u0000b",
    "\r\nx-added: 1",
    "\u202e",
    "\ud83d\ude00",
    "é",
    "e\u0301",
    "İ",
    "ß",
    "\u200b",
    "/",
    "a/b",
    "../../etc/passwd",
    "#",
    "?",
    "&limit=1",
    ";",
    " ",
    LONG,
    VERY_LONG,
  ].map(text),
  ...[
    "%00",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%c0%ae%c0%ae",
    "%ff",
    "%ed%a0%80",
    "%zz",
    "%",
    "%2500",
    "%252e",
  ].map(encoded),
];

const BAD_LIMITS = [
  ..."0,-1,-0,1.5,NaN,Infinity,-Infinity,null,true,abc,10;,0x10,1e2,1_000,½,٣,１,ten,--1,00,9999999999999999999999x".split(
    ",",
  ),
  "",
  " ",
  "1,000",
  "1 OR 1=1",
  "\u0000",
  "10\u0000",
  VERY_LONG,
];
const LENIENT_LIMITS = ["+5", " 5", "5 ", "05", "5.0", "0000000001"];

/** Numbers at the limits of common number types. */
const LARGE_LIMITS = [2 ** 15, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, 1e21, 1e38];

/** Limits around the sizes at which vendors' code changes its behaviour. */
function limitsNear(draw: Draw, world: World, sizes: readonly number[]): string {
  const max = pageSizeIn(world);
  const kinds = [[1, 2, 3, 10, 50, 99, 100, 101], [max, ...sizes], LARGE_LIMITS];
  const size = BigInt(draw.pick(draw.pick(kinds))) + BigInt(draw.below(3) - 1);
  return String(size < 1n ? 1n : size);
}

const viewOf = ({ caller, other }: World, as: Caller): View => (as === "other" ? other : null) ?? caller;

/** Ids that differ from an id as little as possible. */
function near(draw: Draw, id: string): Value {
  switch (draw.below(10)) {
    case 0:
      return text(id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase());
    case 1:
      return text(id.slice(0, -1) || "x");
    case 2:
      return text(`${id}0`);
    case 3:
      return text(`${id} `);
    case 4:
      return text(` ${id}`);
    case 5:
      return text(`${id}\u0000`);
    case 6:
      return text(`${id}/`);
    case 7:
      return text(`${id},${id}`);
    case 8:
      return text(encodeURIComponent(id).replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`));
    default:
      return text(
        `${id.slice(0, 1).toUpperCase() === id.slice(0, 1) ? id.slice(0, 1).toLowerCase() : id.slice(0, 1).toUpperCase()}${id.slice(1)}`,
      );
  }
}

/**
 * The same id with every byte percent-encoded. For every server, both forms are the same id (RFC 3986,
 * section 2.3).
 */
const fullyEncoded = (id: string): Value =>
  encoded([...Buffer.from(id)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));

/** Returns an id of a kind, which is usually a known id. */
function idOf(
  draw: Draw,
  known: readonly string[],
  gone: readonly string[] = [],
  foreign: readonly string[] = [],
): Value {
  const id = known.length > 0 ? draw.pick(known) : "x";
  switch (draw.below(12)) {
    case 0:
      return draw.pick(ODD_TEXTS);
    case 1:
    case 2:
      return near(draw, id);
    case 3:
      return fullyEncoded(id);
    case 4:
      return text(gone.length > 0 ? draw.pick(gone) : draw.hex(32));
    case 5:
      return text(foreign.length > 0 ? draw.pick(foreign) : draw.hex(8));
    default:
      return text(id);
  }
}

type Query = { name: string; value: Value }[];
type Changing = { -readonly [Name in keyof Call]: Call[Name] } & { query: Query; headers: Query };

const create = (id: number, operation: OperationName, more: Partial<Call> = {}): Changing => ({
  id,
  operation,
  as: "caller",
  path: {},
  ...more,
  query: [...(more.query ?? [])],
  headers: [...(more.headers ?? [])],
});

const keysOf = (map: ReadonlyMap<string, unknown>): readonly string[] => [...map.keys()];

/** Makes cases for one vendor. */
export function createGenerator(material: () => Material): (index: number) => Case {
  return (index) => {
    const given = material();
    const draw = createDraw(given.random, `case ${index}`);
    const made = makeCase(draw, given);
    return made.map((call) => ({ ...call, query: [...call.query], headers: [...call.headers] }));
  };
}

function makeCase(draw: Draw, material: Material): Case {
  const { manifest, addable, destination } = material.world;
  const offers = (name: OperationName) => isOffered(manifest, operationOf(name));
  const makers: ((draw: Draw, material: Material) => Changing[])[] = [
    makeRead,
    makeRead,
    makeWalk,
    makeWalk,
    makeRefused,
    ...(offers("listDevices") && isOffered(manifest, { capability: "inventory.incremental_sync" })
      ? [makeSync, makeSync]
      : []),
    ...(isOffered(manifest, { capability: "inventory.conditional_requests" }) ? [makeConditional] : []),
    ...(offers("listEvents") ? [makeEvents] : []),
    // Without sandbox control, this may be a production tenant, so the fuzzer only reads.
    ...(manifest["sandbox"] != null && offers("createWebhookEndpoint")
      ? [makeBody, ...(destination === null ? [] : [makeEndpoints])]
      : []),
    ...(manifest["sandbox"] != null ? [makeBody] : []),
    ...(addable.length > 0 ? [makeCommands] : []),
  ];
  const calls = draw.pick(makers)(draw, material);
  if (material.world.other && draw.oneIn(8)) {
    // Another tenant uses the cursors and tokens of this tenant.
    const last = calls.at(-1);
    if (last) last.as = "other";
  } else if (draw.oneIn(12)) {
    const last = calls.at(-1);
    if (last) last.as = draw.pick(strangers);
  }
  return calls;
}

/** Adds parameters that change nothing, or that make the call invalid. */
function addNoise(draw: Draw, call: Changing): void {
  if (draw.oneIn(5))
    call.query.push({
      name: draw.pick([
        `x_${draw.hex(4)}`,
        "__proto__",
        "constructor",
        "toString",
        "%F0%9F%98%80",
        "x%5B%5D",
        "x.y",
      ]),
      value: draw.pick([text("1"), text(""), text("null"), draw.pick(ODD_TEXTS)]),
    });
  if (draw.oneIn(10) && call.query.length > 0) {
    const repeated = draw.pick(call.query);
    call.query.push({
      name: repeated.name,
      value: draw.oneIn(2) ? repeated.value : text(draw.pick(["", "1", "x"])),
    });
  }
  if (draw.oneIn(12) && call.query.length > 0) {
    const [first] = call.query;
    // A percent-encoded name is the same name.
    if (first && /^[a-z_]+$/.test(first.name))
      first.name = first.name.replace(/[_a-z]/, (character) => `%${character.charCodeAt(0).toString(16)}`);
  }
  if (draw.oneIn(10))
    call.headers.push({
      name: "accept",
      value: text(
        draw.pick([
          "*/*",
          "application/json",
          "text/html",
          "application/xml;q=0.9, */*;q=0.1",
          "application/problem+json",
          "image/png",
          "*",
          "a/b;c=d",
        ]),
      ),
    });
  if (draw.oneIn(15))
    call.headers.push({
      name: "accept-encoding",
      value: text(draw.pick(["gzip", "identity", "gzip;q=0", "br, gzip", "*", "nonsense"])),
    });
  if (draw.oneIn(20))
    call.headers.push({
      name: draw.pick([
        "x-forwarded-host",
        "x-http-method-override",
        "x-original-url",
        "range",
        "if-modified-since",
        "origin",
      ]),
      value: text(
        draw.pick(["DELETE", "evil.example", "bytes=0-1", "/v1/orgs", "Thu, 01 Jan 1970 00:00:00 GMT"]),
      ),
    });
  call.query = call.query.toSorted(() => (draw.oneIn(2) ? 1 : -1));
}

/** Adds one parameter of an operation. */
function addParameter(
  draw: Draw,
  call: Changing,
  name: Parameter,
  { world, oldCursors, oldTokens, now }: Material,
): void {
  const view = viewOf(world, call.as);
  const foreign = (call.as === "other" ? world.caller : world.other) ?? null;
  const values: Record<Parameter, () => Value> = {
    org_id: () => idOf(draw, keysOf(view.orgs), [], foreign ? keysOf(foreign.orgs) : []),
    site_id: () => idOf(draw, keysOf(view.sites), keysOf(view.orgs), foreign ? keysOf(foreign.sites) : []),
    limit: () =>
      text(
        draw.oneIn(4)
          ? draw.pick([...BAD_LIMITS, ...LENIENT_LIMITS])
          : limitsNear(draw, world, [view.orgs.size, view.sites.size, view.devices.size]),
      ),
    cursor: () =>
      oldCursors.length > 0 && draw.oneIn(2)
        ? text(draw.pick(oldCursors))
        : draw.pick([text(""), text(draw.hex(24)), ...ODD_TEXTS]),
    since: () =>
      oldTokens.length > 0 && draw.oneIn(2)
        ? text(draw.pick(oldTokens))
        : draw.pick([text(""), text(draw.hex(24)), ...ODD_TEXTS]),
    after: () => text(draw.pick(timestampsNear(now))),
  };
  call.query.push({ name, value: values[name]() });
}

/** Timestamps, valid and not. */
function timestampsNear(now: number): string[] {
  const at = (ms: number) => new Date(now + ms).toISOString();
  const hour = 3_600_000;
  return [
    ...[0, -1, 1, -1000, -60_000, -hour, -71 * hour, -73 * hour, hour, 24 * hour, -365 * 24 * hour].map(at),
    at(-60_000).replace("Z", "+00:00"),
    at(-60_000).replace("Z", "-00:00"),
    at(-60_000).replace(/\.\d+Z/, "Z"),
    at(-60_000).replace("Z", "123456Z"),
    at(-60_000).replace("Z", "1234567Z"),
    at(-60_000).replace("Z", "+01:00"),
    at(-60_000).replace("Z", ""),
    at(-60_000).replace("T", " "),
    at(-60_000).toLowerCase(),
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T08:30:60Z",
    "2026-11-23",
    "20261123T083000Z",
    String(now),
    String(Math.floor(now / 1000)),
    "now",
    "yesterday",
    "",
    "NaN",
    "-1",
    "\u0000",
    VERY_LONG,
  ];
}

const READS = [
  "listOrgs",
  "listSites",
  "listDevices",
  "listDevices",
  "getDevice",
  "getEventCatalog",
  "listEvents",
  "listWebhookEndpoints",
] as const;

/** Makes a call that reads, with any parameters. */
function makeRead(draw: Draw, material: Material): Changing[] {
  const { world, goneDevices } = material;
  const offered = READS.filter((name) => isOffered(world.manifest, operationOf(name)));
  const operation = draw.pick(offered);
  const foreign = world.other ? keysOf(world.other.devices) : [];
  const path =
    operation === "getDevice"
      ? { device_id: idOf(draw, keysOf(world.caller.devices), goneDevices, foreign) }
      : {};
  const call = create(1, operation, { path });
  for (const name of operationOf(operation).query) {
    const chance = name === "cursor" || name === "since" ? 8 : 2;
    if (draw.oneIn(chance)) addParameter(draw, call, name, material);
  }
  addNoise(draw, call);
  if (draw.oneIn(15)) call.suffix = "/";
  return [call];
}

/** Calls with a method that the path does not have. */
function makeRefused(draw: Draw, material: Material): Changing[] {
  const { world } = material;
  const isSafe = world.manifest["sandbox"] == null;
  const name = draw.pick(
    [...READS, ...(isSafe ? [] : (["createWebhookEndpoint", "rotateWebhookSecret"] as const))].filter(
      (each) => isOffered(world.manifest, operationOf(each)),
    ),
  );
  const { path, method: own } = operationOf(name);
  const methods = Object.values(operations).flatMap((each) =>
    each.path === path ? [each.method as string] : [],
  );
  const others = (
    isSafe ? ["HEAD", "OPTIONS"] : ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "GET"]
  ).filter((method) => !methods.includes(method) && !(method === "HEAD" && own !== "GET"));
  const ids = { device_id: text(draw.pick(keysOf(world.caller.devices))), endpoint_id: text(draw.hex(8)) };
  const call = create(1, name, {
    path: Object.fromEntries(Object.entries(ids).filter(([each]) => path.includes(`{${each}}`))),
    method: draw.pick(others),
  });
  if (["PUT", "PATCH", "POST"].includes(call.method ?? "") && draw.oneIn(2))
    call.body = { type: "application/json", json: {} };
  return [call];
}

const LISTED = ["listOrgs", "listSites", "listDevices", "listDevices", "listDevices"] as const;

/** Returns filters that match at least one item. */
function filtersFor(draw: Draw, operation: OperationName, view: View): Query {
  const names = operationOf(operation).query;
  const site = draw.pick(keysOf(view.sites));
  const org = textOf(view.sites.get(site) ?? null, "org_id") ?? "";
  const query: Query = [];
  if (names.includes("site_id") && draw.oneIn(2))
    query.push({ name: "site_id", value: draw.oneIn(6) ? fullyEncoded(site) : text(site) });
  if (names.includes("org_id") && draw.oneIn(2))
    query.push({ name: "org_id", value: text(draw.oneIn(2) ? org : draw.pick(keysOf(view.orgs))) });
  return query;
}

/** Reads a listing in pages, with the vendor's cursors or with other cursors. */
function makeWalk(draw: Draw, { world, oldCursors }: Material): Changing[] {
  const view = world.caller;
  const operation = draw.pick(LISTED);
  const filters = filtersFor(draw, operation, view);
  const size = { listOrgs: view.orgs.size, listSites: view.sites.size, listDevices: view.devices.size }[
    operation
  ];
  const pages = 1 + draw.below(4);
  const limit = Math.max(1, Math.ceil(size / (filters.length > 0 ? 4 : 1) / (pages + 1)) + draw.below(3) - 1);
  const calls = [
    create(1, operation, { query: [...filters, { name: "limit", value: text(String(limit)) }] }),
  ];
  for (let page = 2; page <= pages + 2; page += 1) {
    const changed = draw.oneIn(4) ? String(1 + draw.below(limit * 2)) : String(limit);
    const query: Query = [
      ...filters,
      ...(draw.oneIn(6) ? [] : [{ name: "limit", value: text(changed) }]),
      { name: "cursor", value: { from: page - 1, take: "next_cursor" } },
    ];
    calls.push(create(page, operation, { query }));
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(2)) misuseCursor(draw, calls, last, world, oldCursors);
  if (last) addNoise(draw, last);
  return calls;
}

/** Changes the last call of a walk so that its cursor does not fit. */
function misuseCursor(
  draw: Draw,
  calls: Changing[],
  last: Changing,
  world: World,
  oldCursors: readonly string[],
): void {
  // If there is any cursor, there is a cursor of the first page.
  calls.splice(1, calls.length - 2);
  const own: Value = { from: 1, take: "next_cursor" };
  const isFilter = ({ name }: Query[number]) => name === "org_id" || name === "site_id";
  let cursor: Value = own;
  switch (draw.below(7)) {
    case 0:
    case 1:
    case 2:
      cursor = { ...own, altered: draw.pick(alterations) };
      break;
    case 3:
      last.query = [
        ...last.query.filter((each) => !isFilter(each)),
        ...filtersFor(draw, last.operation, world.caller),
      ];
      break;
    case 4:
      last.operation = draw.pick(LISTED);
      last.query = last.query.filter(({ name }) =>
        operationOf(last.operation).query.some((each) => each === name),
      );
      break;
    case 5:
      if (oldCursors.length > 0) cursor = text(draw.pick(oldCursors));
      break;
    default:
      last.query = last.query.filter((each) => !isFilter(each));
  }
  last.query = [...last.query.filter(({ name }) => name !== "cursor"), { name: "cursor", value: cursor }];
}

/** Lists changes, with and without a change, filters and pages. */
function makeSync(draw: Draw, { world, oldTokens }: Material): Changing[] {
  const view = world.caller;
  const filters = filtersFor(draw, "listDevices", view);
  const calls = [
    create(1, "listDevices", {
      query: [...filters, { name: "limit", value: text(String(pageSizeIn(world))) }],
    }),
  ];
  const changes = world.addable.length > 0 && draw.oneIn(2) ? makeChanges(draw, world, 2, filters) : [];
  calls.push(...changes);
  const since: Value = { from: 1, take: "sync_token" };
  const next = calls.length + 1;
  const limit = () => text(draw.oneIn(2) ? "1" : limitsNear(draw, world, [changes.length || 1]));
  const call = create(next, "listDevices", {
    query: [
      ...filters,
      { name: "since", value: since },
      ...(draw.oneIn(2) ? [{ name: "limit", value: limit() }] : []),
    ],
  });
  calls.push(call);
  if (draw.oneIn(3)) {
    // The pages of a listing of changes.
    for (let page = 1; page <= 2; page += 1)
      calls.push(
        create(next + page, "listDevices", {
          query: [
            ...filters,
            { name: "since", value: since },
            { name: "cursor", value: { from: next + page - 1, take: "next_cursor" } },
            ...(draw.oneIn(2) ? [{ name: "limit", value: limit() }] : []),
          ],
        }),
      );
  } else if (draw.oneIn(2)) {
    const replace = (value: Value) => {
      call.query = [...call.query.filter(({ name }) => name !== "since"), { name: "since", value }];
    };
    switch (draw.below(5)) {
      case 0:
      case 1:
        replace({ from: 1, take: "sync_token", altered: draw.pick(alterations) });
        break;
      case 2:
        call.query = [...filtersFor(draw, "listDevices", view), { name: "since", value: since }];
        break;
      case 3:
        replace(oldTokens.length > 0 ? text(draw.pick(oldTokens)) : since);
        break;
      default:
        // A cursor is not valid as a token, and a token is not valid as a cursor.
        if (draw.oneIn(2)) call.query.push({ name: "cursor", value: since });
        else replace({ from: 1, take: "next_cursor" });
    }
  } else {
    // The token of a listing of changes.
    calls.push(
      create(next + 1, "listDevices", {
        query: [...filters, { name: "since", value: { from: next, take: "sync_token" } }],
      }),
    );
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(2)) addNoise(draw, last);
  return calls;
}

const NAMES = [
  "Gate 7",
  "x",
  "É \ud83d\ude00 \u0416",
  "'; --",
  "<b>",
  'a"b\\c',
  " padded ",
  "y".repeat(512),
  "null",
  "0",
  "\u0001\u2028",
];
const STATUSES = ["online", "offline", "degraded", "unknown"];

/** Adds a device at the site of the first filter. In some cases, also changes or removes the device. */
function makeChanges(draw: Draw, world: World, firstId: number, filters: Query): Changing[] {
  const filtered = filters.find(({ name }) => name === "site_id")?.value;
  const sites = keysOf(world.caller.sites);
  const site =
    filtered && "text" in filtered && world.caller.sites.has(filtered.text) && draw.oneIn(2)
      ? filtered.text
      : draw.pick(sites);
  const calls = [
    create(firstId, "addSandboxDevice", {
      body: {
        type: "application/json",
        json: { site_id: site, type: draw.pick(world.addable), name: draw.pick(NAMES) },
      },
    }),
  ];
  const path = { device_id: { from: firstId, take: "device_id" } } as const;
  const offers = (name: OperationName) => isOffered(world.manifest, operationOf(name));
  for (let count = draw.below(3); count > 0; count -= 1) {
    const id = firstId + calls.length;
    const org = textOf(world.caller.sites.get(site) ?? null, "org_id");
    const others = sites.filter((each) => textOf(world.caller.sites.get(each) ?? null, "org_id") === org);
    const kind = draw.below(3);
    if (kind === 0 && offers("moveSandboxDevice"))
      calls.push(
        create(id, "moveSandboxDevice", {
          path,
          body: { type: "application/json", json: { site_id: draw.pick(others) } },
        }),
      );
    else if (kind === 1 && offers("removeSandboxDevice"))
      calls.push(create(id, "removeSandboxDevice", { path }));
    else if (offers("setSandboxDeviceStatus"))
      calls.push(
        create(id, "setSandboxDeviceStatus", {
          path,
          body: {
            type: "application/json",
            json: {
              status: draw.pick(STATUSES),
              status_reason: draw.pick([null, "power_loss", "fault", "x".repeat(256), "\ud83d\ude00", ""]),
            },
          },
        }),
      );
  }
  return calls;
}

/** Changes devices and reads them back. */
function makeCommands(draw: Draw, material: Material): Changing[] {
  const { world } = material;
  const calls = makeChanges(draw, world, 1, []);
  const path = { device_id: { from: 1, take: "device_id" } } as const;
  const next = calls.length + 1;
  const [first] = calls;
  const site =
    first?.body && "json" in first.body
      ? (textOf(first.body.json as Record<string, unknown>, "site_id") ?? "")
      : "";
  const device: Changing[] = [
    create(next, "getDevice", { path }),
    create(next, "listDevices", { query: [{ name: "site_id", value: text(site) }] }),
    create(next, "removeSandboxDevice", { path }),
    create(next, "setSandboxDeviceStatus", {
      path,
      body: { type: "application/json", json: { status: draw.pick(STATUSES) } },
    }),
    create(next, "publishSandboxEvent", {
      path,
      body: {
        type: "application/json",
        json: {
          type: draw.pick([...world.eventTypes, "com.example.none.v1", "", "x".repeat(257)]),
          ...(draw.oneIn(2) && {
            data: draw.pick([null, {}, { extra: 1 }, [], "x", 7, { device_id: "another" }, { org_id: 7 }]),
          }),
        },
      },
    }),
    create(next, "moveSandboxDevice", {
      path,
      body: {
        type: "application/json",
        json: { site_id: draw.pick([...keysOf(world.caller.sites), "none", ""]) },
      },
    }),
  ];
  const offered = device.filter(({ operation }) => isOffered(world.manifest, operationOf(operation)));
  calls.push(draw.pick(offered));
  if (draw.oneIn(2)) calls.push(create(next + 1, "getDevice", { path }));
  return calls;
}

/** Makes conditional requests with ETags of this and of other calls. */
function makeConditional(draw: Draw, { world }: Material): Changing[] {
  const view = world.caller;
  const read = (id: number): Changing => {
    const operation = draw.pick([
      "listOrgs",
      "listSites",
      "listDevices",
      "listDevices",
      "getDevice",
    ] as const);
    if (operation === "getDevice")
      return create(id, operation, { path: { device_id: text(draw.pick(keysOf(view.devices))) } });
    const query = [
      ...filtersFor(draw, operation, view),
      ...(draw.oneIn(2) ? [{ name: "limit", value: text(String(1 + draw.below(20))) }] : []),
    ];
    return create(id, operation, { query });
  };
  const first = read(1);
  const again = { ...first, id: 2, query: [...first.query], headers: [] as Query };
  const etag: Value = { from: 1, take: "etag" };
  switch (draw.below(8)) {
    case 0: {
      // The ETag of another call.
      const other = read(2);
      other.headers.push({ name: "if-none-match", value: etag });
      return [first, other];
    }
    case 1:
      again.headers.push({ name: "if-none-match", value: { ...etag, altered: draw.pick(alterations) } });
      return [first, again];
    case 2:
      again.headers.push({
        name: "if-none-match",
        value: text(draw.pick(['""', "*", '"x"', 'W/"x"', "x", '"a", "b", W/"c"', '"', ",", "null", LONG])),
      });
      return [first, again];
    case 3:
      if (operationOf(first.operation).listing) {
        again.query.push({ name: "cursor", value: { from: 1, take: "next_cursor" } });
        again.headers.push({ name: "if-none-match", value: etag });
      }
      return [first, again];
    case 4:
      if (operationOf(first.operation).query.includes("limit")) {
        again.query = [
          ...again.query.filter(({ name }) => name !== "limit"),
          { name: "limit", value: text(String(1 + draw.below(30))) },
        ];
        again.headers.push({ name: "if-none-match", value: etag });
      }
      return [first, again];
    case 5: {
      // An invalid call is refused, whatever ETag the caller has.
      again.query.push({ name: draw.pick(["limit", "cursor"]), value: text(draw.pick(["0", "", "x"])) });
      again.headers.push({ name: "if-none-match", value: draw.oneIn(2) ? etag : text("*") });
      return [first, again];
    }
    default:
      again.headers.push({ name: "if-none-match", value: etag });
      return [first, again];
  }
}

/** Lists events with filters, times and pages that must agree. */
function makeEvents(draw: Draw, material: Material): Changing[] {
  const { world, now } = material;
  const orgs = keysOf(world.caller.orgs);
  const after = text(
    draw.oneIn(3) ? draw.pick(timestampsNear(now)) : new Date(now - draw.below(3_600_000)).toISOString(),
  );
  const ask = (id: number): Changing =>
    create(id, "listEvents", {
      query: [
        ...(draw.oneIn(2)
          ? [{ name: "org_id", value: draw.oneIn(8) ? idOf(draw, orgs) : text(draw.pick(orgs)) }]
          : []),
        ...(draw.oneIn(2)
          ? [{ name: "after", value: draw.oneIn(4) ? text(new Date(now - 7_200_000).toISOString()) : after }]
          : []),
        { name: "limit", value: text(String(draw.oneIn(3) ? 1 + draw.below(5) : pageSizeIn(world))) },
      ],
    });
  const calls = [ask(1), ask(2)];
  if (draw.oneIn(3)) {
    const last = calls[1];
    if (last) {
      const filters = last.query.filter(({ name }) => name !== "limit");
      const kept = draw.oneIn(3)
        ? filters.map((each) =>
            each.name === "after" ? { ...each, value: text(new Date(now - 1_800_000).toISOString()) } : each,
          )
        : filters;
      calls.push(
        create(3, "listEvents", {
          query: [
            ...kept,
            {
              name: "cursor",
              value: {
                from: 2,
                take: "next_cursor",
                ...(draw.oneIn(4) && { altered: draw.pick(alterations) }),
              },
            },
          ],
        }),
      );
    }
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(3)) addNoise(draw, last);
  return calls;
}

/** Registers, lists, rotates, pings and deletes endpoints, in any order. */
function makeEndpoints(draw: Draw, { world, goneEndpoints }: Material): Changing[] {
  const { destination, eventTypes } = world;
  const calls: Changing[] = [];
  const created: number[] = [];
  const register = (id: number) => {
    created.push(id);
    const types = draw.pick([
      undefined,
      null,
      [],
      eventTypes.slice(0, 1),
      eventTypes.slice(0, 3),
      [...eventTypes],
    ]);
    const org = draw.pick([undefined, undefined, null, draw.pick(keysOf(world.caller.orgs))]);
    return create(id, "createWebhookEndpoint", {
      body: {
        type: draw.pick(["application/json", "application/json; charset=utf-8", "Application/JSON"]),
        json: {
          url: destination,
          ...(types !== undefined && { event_types: types }),
          ...(org !== undefined && { org_id: org }),
          ...(draw.oneIn(5) && { unknown: { nested: [1, null] } }),
        },
      },
    });
  };
  const length = 3 + draw.below(5);
  for (let id = 1; id <= length; id += 1) {
    if (id === 1 || draw.oneIn(5)) {
      calls.push(register(id));
      continue;
    }
    const from = draw.pick(created);
    const endpoint: Value = draw.oneIn(8)
      ? draw.oneIn(2) && goneEndpoints.length > 0
        ? text(draw.pick(goneEndpoints))
        : { from, take: "endpoint_id", altered: draw.pick(alterations) }
      : { from, take: "endpoint_id" };
    const operation = draw.pick([
      "listWebhookEndpoints",
      "rotateWebhookSecret",
      "rotateWebhookSecret",
      "pingWebhookEndpoint",
      "deleteWebhookEndpoint",
    ] as const);
    calls.push(
      create(id, operation, operation === "listWebhookEndpoints" ? {} : { path: { endpoint_id: endpoint } }),
    );
  }
  calls.push(create(length + 1, "listWebhookEndpoints"));
  return calls;
}

const PRIVATE_URLS = [
  "https://10.1/hook",
  "https://0x0a000001/hook",
  "https://167772161/hook",
  "https://012.0.0.1/hook",
  "https://[::ffff:10.0.0.1]/hook",
  "https://[::ffff:a9fe:a9fe]/hook",
  "https://169.254.169.254:443/latest/meta-data",
  "https://user:pass@10.0.0.1/hook",
  "https://192.168.0.1./hook",
  "HTTPS://172.16.0.1/hook",
];
const OTHER_URLS = [
  "ftp://hooks.example/x",
  "javascript:alert(1)",
  "hooks.example/x",
  "//hooks.example/x",
  "https://",
  "https:// /x",
  "https://[::1",
  "https://hooks.example:99999999/x",
  "file:///etc/passwd",
  "gopher://x/",
  `https://hooks.example/${"p".repeat(2100)}`,
];

/** A value for a member, valid or invalid. */
function wrongValue(draw: Draw, name: string): unknown {
  if (name === "url") return draw.pick([...PRIVATE_URLS, ...OTHER_URLS, ...WRONG_VALUES]);
  if (name === "event_types")
    return draw.pick([
      ...WRONG_VALUES,
      ["com.example.none.v1"],
      [""],
      [["x"]],
      ["x".repeat(257)],
      "com.convergint.device.status_changed.v1",
    ]);
  if (name === "status")
    return draw.pick([...WRONG_VALUES, "ONLINE", "Online", " online", "online ", "ok", "up", ["online"]]);
  return draw.pick(WRONG_VALUES);
}

const COMMANDS = [
  "setSandboxDeviceStatus",
  "publishSandboxEvent",
  "addSandboxDevice",
  "moveSandboxDevice",
] as const;

/** Sends bodies that are wrong in one place or as a whole. */
function makeBody(draw: Draw, material: Material): Changing[] {
  const { world } = material;
  const names = (["createWebhookEndpoint", ...COMMANDS] as const).filter((name) =>
    isOffered(world.manifest, operationOf(name)),
  );
  const operation = draw.pick(names);
  const site = draw.pick(keysOf(world.caller.sites));
  const valid: Record<string, unknown> = {
    createWebhookEndpoint: {
      url: world.destination ?? "https://hooks.convergint.example/x",
      org_id: draw.pick(keysOf(world.caller.orgs)),
      event_types: world.eventTypes.slice(0, 2),
    },
    setSandboxDeviceStatus: { status: "online", status_reason: "fault" },
    publishSandboxEvent: { type: "com.example.none.v1", data: {} },
    addSandboxDevice: { site_id: site, type: world.addable[0] ?? "camera", name: "Fuzzed device" },
    moveSandboxDevice: { site_id: site },
  }[operation];
  const members = Object.keys(valid);
  const name = draw.pick(members);
  // A command for a made-up device, or a wrong command for a known device. Neither changes a device.
  const device = draw.pick(keysOf(world.caller.devices));
  const path = operationOf(operation).path.includes("{device_id}") ? { device_id: text(device) } : {};
  const call = create(1, operation, { path });
  call.body = makeWrongBody(draw, valid, name);
  if (call.body && "json" in call.body && JSON.stringify(call.body.json) === JSON.stringify(valid))
    call.path = Object.keys(path).length > 0 ? { device_id: text(draw.hex(16)) } : {};
  if (isHarmless(call, operation, valid)) return [call];
  // A command that may succeed must not affect a device of the tenant.
  if (Object.keys(path).length > 0)
    call.path = { device_id: draw.oneIn(2) ? text(draw.hex(16)) : draw.pick(ODD_TEXTS) };
  return [call];
}

/** Whether a command can only be refused. */
const isHarmless = (
  { body }: Changing,
  operation: OperationName,
  valid: Record<string, unknown>,
): boolean => {
  const schema = operationOf(operation).body;
  if (!body || !("json" in body) || !schema) return false;
  return !schema.safeParse(body.json).success && JSON.stringify(body.json) !== JSON.stringify(valid);
};

function makeWrongBody(draw: Draw, valid: Record<string, unknown>, name: string): Body {
  const type = "application/json";
  const { [name]: _, ...rest } = valid;
  const written = JSON.stringify(valid);
  switch (draw.below(12)) {
    case 0:
      return { type, json: rest };
    case 1:
      return { type, json: draw.pick([null, [], [valid], "text", 7, true, {}, [[]]]) };
    case 2:
      return {
        type,
        parts: [
          draw.pick([
            "",
            " ",
            "{",
            written.slice(0, -1),
            `${written}x`,
            `${written}${written}`,
            "nul",
            "\ufeff{",
            "{'a':1}",
            '{"a":01}',
            "NaN",
            '{"a":1,}',
            "\u0000",
          ]),
        ],
      };
    case 3:
      // Duplicate members. JSON parsers differ in which of the two they use.
      return {
        type,
        parts: [`${written.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(wrongValue(draw, name))}}`],
      };
    case 4: {
      const times = draw.pick([100, 1000, 20_000]);
      return draw.oneIn(2)
        ? {
            type,
            parts: [`${written.slice(0, -1)},"deep":`, { unit: "[", times }, { unit: "]", times }, "}"],
          }
        : { type, parts: [{ unit: '{"a":', times }, "1", { unit: "}", times }] };
    }
    case 5:
      return {
        type,
        parts: [
          `${written.slice(0, -1)},"filler":"`,
          { unit: "x", times: draw.pick([5000, 70_000, 2_000_000]) },
          '"}',
        ],
      };
    case 6:
      return {
        type: draw.pick([
          null,
          "text/plain",
          "application/xml",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "text/html",
          "application/octet-stream",
          "application",
          "*/*",
        ]),
        json: valid,
      };
    case 7:
      return {
        type,
        json: JSON.parse(
          `{"__proto__":{"${name}":1},"constructor":{"prototype":{}},${JSON.stringify(rest).slice(1)}`.replace(
            /,\}$/,
            "}",
          ),
        ),
      };
    default:
      return { type, json: { ...valid, [name]: wrongValue(draw, name) } };
  }
}
