import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Call, Value } from "./call.ts";
import { type OperationName, operationOf, operations } from "./operations.ts";
import { isOffered, pageSizeIn, type World } from "./world.ts";

/** Random choices of one case. */
export interface Draw {
  below(bound: number): number;
  /** Returns true in one of `n` cases, at random. */
  oneIn(n: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  hex(length: number): string;
}

/** Creates the choices of one case. @param label names the case; the same label gives the same choices */
export function createDraw(random: SeededRandom, label: string): Draw {
  let drawn = 0;
  const next = () => `${label}/${drawn++}`;
  return {
    below: (bound) => random.below(next(), bound),
    oneIn: (n) => random.below(next(), n) === 0,
    pick<Item>(items: readonly Item[]): Item {
      if (items.length === 0) throw new Error("nothing to pick from");
      return items[random.below(next(), items.length)] as Item;
    },
    hex: (length) => random.hex(next(), length),
  };
}

/** JSON values that are wrong for most members. */
export const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  "",
  "x",
  "\u0000",
  "x".repeat(300),
  "z".repeat(3000),
  [],
  [null],
  {},
  { a: 1 },
  ["x", 7],
  "\ud800",
  "__proto__",
];

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
 * Returns `id` with every byte percent-encoded. Servers must treat both forms as the same id (RFC 3986,
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

/** Adds parameters that the vendor must ignore, or that make the call invalid. */
export function addNoise(draw: Draw, call: Changing): void {
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
    // A name that is percent-encoded means the same name.
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

/** A case with one fault, made from what is known at the time. */
export type Fault = (draw: Draw, material: Material) => Changing;

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

/** Lists every case with one fault in its path, its query or its method. */
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
        system_id: [...caller.systems],
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
    ...(world.caller.systems.size > 0
      ? [
          ...[...ODD_TEXTS, ...nearTo([...world.caller.systems].at(-1) ?? "x").map(text)].map((value) =>
            query("system_id", value),
          ),
          twice("system_id"),
        ]
      : []),
    ...methodFaults(world, isReadOnly),
  ];
}
