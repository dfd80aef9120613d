import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Body, Call, Caller, Value } from "./call.ts";
import { type Draw, WRONG_VALUES } from "./draw.ts";
import { type OperationName, operationOf, operations } from "./operations.ts";
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

export const text = (written: string): Value => ({ text: written });
const encoded = (written: string): Value => ({ text: written, encoded: true });

export const LONG = "x".repeat(300);
const VERY_LONG = "x".repeat(3000);

/** Texts that break parsers, encoders, queries and lookups. */
export const ODD_TEXTS: readonly Value[] = [
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

export const BAD_LIMITS = [
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
export const LENIENT_LIMITS = ["+5", " 5", "5 ", "05", "5.0", "0000000001"];

/** Numbers at the limits of common number types. */
const LARGE_LIMITS = [2 ** 15, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, 1e21, 1e38];

/** Values of `limit` close to the sizes at which a vendor's code may behave differently. */
export function limitsNear(draw: Draw, world: World, sizes: readonly number[]): string {
  const max = pageSizeIn(world);
  const kinds = [[1, 2, 3, 10, 50, 99, 100, 101], [max, ...sizes], LARGE_LIMITS];
  const size = BigInt(draw.pick(draw.pick(kinds))) + BigInt(draw.below(3) - 1);
  return String(size < 1n ? 1n : size);
}

export const viewOf = ({ caller, other }: World, as: Caller): View =>
  (as === "other" ? other : null) ?? caller;

/** Ids that differ from an id as little as possible. */
const nearTo = (id: string): readonly string[] => [
  id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase(),
  id.slice(0, -1) || "x",
  id.slice(1) || "x",
  `${id}0`,
  `${id} `,
  ` ${id}`,
  `${id}\u0000`,
  `${id}/`,
  `${id},${id}`,
  `${id}%`,
  id.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`),
  id.replace(/[A-Za-z]/, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  ),
];

/**
 * The same id with every byte percent-encoded. For every server, both forms are the same id (RFC 3986,
 * section 2.3).
 */
export const fullyEncoded = (id: string): Value =>
  encoded([...Buffer.from(id)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));

/** Returns an id of a kind, which is usually a known id. */
export function idOf(
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
      return text(draw.pick(nearTo(id)));
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

export type Query = { name: string; value: Value }[];
export type Changing = { -readonly [Name in keyof Call]: Call[Name] } & { query: Query; headers: Query };

export const create = (id: number, operation: OperationName, more: Partial<Call> = {}): Changing => ({
  id,
  operation,
  as: "caller",
  path: {},
  ...more,
  query: [...(more.query ?? [])],
  headers: [...(more.headers ?? [])],
});

export const keysOf = (map: ReadonlyMap<string, unknown>): readonly string[] => [...map.keys()];

/** Timestamps, valid and not. */
export function timestampsNear(now: number): string[] {
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

/** Values that are wrong for a member in most cases. */
const wrongValuesOf = (name: string): readonly unknown[] => [
  ...WRONG_VALUES,
  ...({
    url: [...PRIVATE_URLS, ...OTHER_URLS],
    event_types: [
      ["com.example.none.v1"],
      [""],
      [["x"]],
      ["x".repeat(257)],
      "com.convergint.device.status_changed.v1",
    ],
    status: ["ONLINE", "Online", " online", "online ", "ok", "up", ["online"]],
    name: ["y".repeat(512), "y".repeat(513), "\ud83d\ude00"],
    status_reason: ["y".repeat(256), "y".repeat(257), "\ud83d\ude00"],
  }[name] ?? []),
];

const MEDIA_TYPES = [
  null,
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/html",
  "application/octet-stream",
  "application",
  "*/*",
  "application/json; charset=utf-8",
  "Application/JSON",
];

/** Bodies that are wrong in one place or as a whole. */
function wrongBodies(valid: Readonly<Record<string, unknown>>): Body[] {
  const type = "application/json";
  const written = JSON.stringify(valid);
  const within = (member: string, ...parts: Extract<Body, { parts: unknown }>["parts"]): Body => ({
    type,
    parts: [`${written.slice(0, -1)},"${member}":`, ...parts, "}"],
  });
  const deep = (times: number) => [
    { unit: "[", times },
    { unit: "]", times },
  ];
  return [
    ...Object.keys(valid).flatMap((name): Body[] => {
      const { [name]: _, ...rest } = valid;
      return [
        { type, json: rest },
        ...wrongValuesOf(name).map((value) => ({ type, json: { ...valid, [name]: value } })),
        // Duplicate members. JSON parsers differ in which of the two they use.
        within(name, "7"),
        within(name, JSON.stringify(valid[name])),
      ];
    }),
    ...[null, [], [valid], "text", 7, true, {}, [[]]].map((json) => ({ type, json })),
    ...[
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
    ].map((part) => ({ type, parts: [part] })),
    ...[100, 1000, 20_000].map((times) => within("deep", ...deep(times))),
    { type, parts: [{ unit: '{"a":', times: 5000 }, "1", { unit: "}", times: 5000 }] },
    ...[5000, 70_000, 2_000_000].map((times) => within("filler", '"', { unit: "x", times }, '"')),
    within("__proto__", '{"url":1,"status":1}'),
    within("constructor", '{"prototype":{}}'),
    ...MEDIA_TYPES.map((other) => ({ type: other, json: valid })),
  ];
}

/** A valid body of each operation that has one. */
const validBodies = ({ caller, destination, eventTypes, addable }: World, site: string) => ({
  createWebhookEndpoint: {
    url: destination ?? "https://hooks.convergint.example/x",
    org_id: [...caller.orgs.keys()][0],
    event_types: eventTypes.slice(0, 2),
  },
  setSandboxDeviceStatus: { status: "online", status_reason: "fault" },
  publishSandboxEvent: { type: "com.example.none.v1", data: {} },
  addSandboxDevice: { site_id: site, type: addable[0] ?? "camera", name: "Fuzzed device" },
  moveSandboxDevice: { site_id: site },
});

/** A case with one fault, made from what is known at the time. */
export type Fault = (draw: Draw, material: Material) => Changing;

/**
 * Makes calls with bodies that are wrong in one place. No call changes a device of the tenant, unless the
 * vendor accepts what is wrong.
 */
function bodyFaults(world: World): Fault[] {
  const [site = ""] = world.caller.sites.keys();
  return Object.entries(validBodies(world, site)).flatMap(([name, valid]): Fault[] => {
    const operation = name as keyof ReturnType<typeof validBodies>;
    const { body: schema, path, ...offered } = operationOf(operation);
    if (!isOffered(world.manifest, offered)) return [];
    return wrongBodies(valid).map((body) => (draw: Draw, { world: { caller } }: Material) => {
      const isWrong =
        "json" in body &&
        schema?.safeParse(body.json).success === false &&
        JSON.stringify(body.json) !== JSON.stringify(valid);
      const id = isWrong && draw.oneIn(2) ? draw.pick(keysOf(caller.devices)) : draw.hex(16);
      return create(1, operation, {
        body,
        ...(path.includes("{device_id}") && { path: { device_id: text(id) } }),
      });
    });
  });
}

/** Makes calls with a method that the path does not have. */
function methodFaults({ manifest }: World, isReadOnly: boolean): Fault[] {
  const methods = isReadOnly
    ? ["HEAD", "OPTIONS"]
    : ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "GET"];
  return (Object.keys(operations) as OperationName[]).flatMap((name): Fault[] => {
    const { path, method: own, ...offered } = operationOf(name);
    if (!isOffered(manifest, offered) || (isReadOnly && own !== "GET")) return [];
    const known = Object.values(operations).flatMap((each) =>
      each.path === path ? [each.method as string] : [],
    );
    return methods
      .filter((method) => !known.includes(method) && !(method === "HEAD" && own !== "GET"))
      .map((method) => (draw: Draw, { world }: Material) => {
        const ids = {
          device_id: text(draw.pick(keysOf(world.caller.devices))),
          endpoint_id: text(draw.hex(8)),
        };
        const inPath = Object.entries(ids).filter(([each]) => path.includes(`{${each}}`));
        const hasBody = ["PUT", "PATCH", "POST"].includes(method) && draw.oneIn(2);
        return create(1, name, {
          path: Object.fromEntries(inPath),
          method,
          ...(hasBody && { body: { type: "application/json", json: {} } }),
        });
      });
  });
}

const LISTINGS = ["listOrgs", "listSites", "listDevices", "listEvents"] as const;

/** Lists every case with one fault, so that the fuzzer can try each fault once. */
export function listFaults({ world, now }: Pick<Material, "world" | "now">): Fault[] {
  const { manifest } = world;
  const isReadOnly = manifest["sandbox"] == null;
  const listings = LISTINGS.filter((name) => isOffered(manifest, operationOf(name)));
  const having = (parameter: string) =>
    listings.filter((name) => operationOf(name).query.some((each) => each === parameter));
  const idsNear = (kind: "orgs" | "sites" | "devices") =>
    nearTo(keysOf(world.caller[kind]).at(-1) ?? "x").map(text);
  const query =
    (name: string, value: Value): Fault =>
    (draw) =>
      create(1, draw.pick(having(name)), { query: [{ name, value }] });
  const lookUp =
    (value: Value): Fault =>
    () =>
      create(1, "getDevice", { path: { device_id: value } });
  const twice =
    (name: string): Fault =>
    (draw, { world: { caller } }) => {
      const values = {
        org_id: keysOf(caller.orgs),
        site_id: keysOf(caller.sites),
        limit: ["1", "7"],
        cursor: ["x"],
        after: timestampsNear(now).slice(0, 3),
      };
      const pick = () => text(draw.pick(values[name as keyof typeof values]));
      return create(1, draw.pick(having(name)), {
        query: [
          { name, value: pick() },
          { name, value: pick() },
        ],
      });
    };
  const unauthorized =
    (operation: OperationName, more: Partial<Call>): Fault =>
    () =>
      create(1, operation, { as: "none", ...more });
  const size = world.caller.devices.size;
  return [
    ...[...ODD_TEXTS, ...idsNear("devices")].map(lookUp),
    ...[...ODD_TEXTS, ...idsNear("sites")].map((value) => query("site_id", value)),
    ...[...ODD_TEXTS, ...idsNear("orgs")].map((value) => query("org_id", value)),
    ...[...ODD_TEXTS, text("")].map((value) => query("cursor", value)),
    ...[
      ...BAD_LIMITS,
      ...LENIENT_LIMITS,
      ...LARGE_LIMITS.map((limit) => String(BigInt(limit))),
      String(size),
    ].map((limit) => query("limit", text(limit))),
    ...["", ...BAD_LIMITS.slice(0, 9)].map((limit) =>
      unauthorized("listDevices", { query: [{ name: "limit", value: text(limit) }] }),
    ),
    unauthorized("listDevices", { query: [{ name: "cursor", value: text("x") }] }),
    unauthorized("getDevice", { path: { device_id: text("x") } }),
    ...["org_id", "site_id", "limit", "cursor"].map(twice),
    ...["org_id", "site_id", "limit"].map(twice),
    ...(having("since").length > 0 ? [...ODD_TEXTS, text("")].map((value) => query("since", value)) : []),
    ...(listings.includes("listEvents")
      ? [...timestampsNear(now).map((time) => query("after", text(time))), twice("after")]
      : []),
    ...methodFaults(world, isReadOnly),
    ...(isReadOnly ? [] : bodyFaults(world)),
  ];
}
