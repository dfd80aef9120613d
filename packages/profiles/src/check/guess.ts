import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import { fold } from "../words.ts";
import type { Sample } from "./check.ts";

export type Members = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a body has its items. */
export interface Listing {
  /** The name of the request. */
  readonly name: string;
  readonly samples: readonly Sample[];
  /** An expression, such as `body.devices`. */
  readonly path: string;
  readonly items: readonly Members[];
  readonly body: unknown;
}

/** A line of the draft, with the reason for a guess. */
export interface Line {
  readonly text: string;
  readonly why?: string;
}

const NAME = /[^a-z0-9_]+/g;
export const toName = (text: string): string => {
  const name = text
    .toLowerCase()
    .replaceAll(NAME, "_")
    .replaceAll(/^[^a-z]+|_+$/g, "");
  return name === "" ? "listing" : name.slice(0, 63);
};

/** Separates the names in a key of a member of a member. No vendor's names contain it. */
const INNER = "\u0000";

/** Reads a member in CEL: `item.site.id`, or `item["Last seen"]` for a name that is not an identifier. */
export const member = (of: string, key: string): string =>
  key
    .split(INNER)
    .reduce(
      (path, each) => (/^[A-Za-z_]\w*$/.test(each) ? `${path}.${each}` : `${path}[${JSON.stringify(each)}]`),
      of,
    );

/** A scalar of YAML that every parser reads as this text. */
export const quoted = (text: string): string => JSON.stringify(text);

/** Finds the longest list of objects in a body, at most three members deep. */
export function findItems(
  body: unknown,
  path = "body",
  depth = 0,
): { path: string; items: Members[] } | null {
  if (Array.isArray(body)) {
    const items = body.filter(isObject);
    return items.length > 0 ? { path, items } : null;
  }
  if (!isObject(body) || depth === 3) return null;
  const found = Object.entries(body).flatMap(
    ([key, value]) => findItems(value, member(path, key), depth + 1) ?? [],
  );
  return found.toSorted((a, b) => b.items.length - a.items.length)[0] ?? null;
}

export function toListing(name: string, samples: readonly Sample[]): Listing {
  const [first] = samples;
  const found = samples.flatMap(({ body }) => findItems(body) ?? []);
  const path = found[0]?.path ?? "[body]";
  const items = found.length > 0 ? found.flatMap((each) => each.items) : [first?.body].filter(isObject);
  return { name, samples, path, items, body: first?.body };
}

const MAX_DEPTH = 3;

/** The keys of an item and of the objects in it. */
const keysIn = (item: Members, outer = "", depth = 1): readonly string[] =>
  Object.entries(item).flatMap(([name, value]) =>
    isObject(value) && depth < MAX_DEPTH
      ? keysIn(value, `${outer}${name}${INNER}`, depth + 1)
      : [`${outer}${name}`],
  );

const keysOf = (items: readonly Members[]): readonly string[] => [
  ...new Set(items.flatMap((item) => keysIn(item))),
];

const valueAt = (item: Members, key: string): unknown =>
  key.split(INNER).reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), item);

export const valuesOf = (items: readonly Members[], key: string): readonly unknown[] =>
  items.map((item) => valueAt(item, key)).filter((value) => value !== undefined && value !== null);

/** Members that only hold other members. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "attributes",
  "data",
  "details",
  "info",
  "metadata",
  "payload",
  "properties",
]);
/** Names that mean something else in each object: the `id` in `owner` is not the item's. */
const AMBIGUOUS: ReadonlySet<string> = new Set([
  "id",
  "uuid",
  "name",
  "label",
  "title",
  "type",
  "kind",
  "time",
]);

const plain = (key: string): string => key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/**
 * Finds the keys of items by names, the first name first and outer members before inner ones. Compares without case and separators;
 * `site.id` is found as `siteid`.
 */
function findKeys(items: readonly Members[], names: readonly string[]): readonly string[] {
  const keys = keysOf(items)
    .filter((key) => valuesOf(items, key).some((value) => !isObject(value)))
    .map((key) => {
      const path = key.split(INNER).map(plain);
      const start = path.findIndex((name) => !WRAPPERS.has(name));
      return { key, depth: path.length, whole: path.slice(start).join(""), last: path.at(-1) ?? "" };
    })
    .toSorted((a, b) => a.depth - b.depth);
  return [
    ...names.flatMap((name) => keys.filter(({ whole }) => whole === name)),
    ...names.flatMap((name) => (AMBIGUOUS.has(name) ? [] : keys.filter(({ last }) => last === name))),
  ].map(({ key }) => key);
}

/** Finds the most likely of the keys that `findKeys` finds. */
export const findKey = (items: readonly Members[], names: readonly string[]): string | null =>
  findKeys(items, names)[0] ?? null;

const isUnique = (items: readonly Members[], key: string): boolean => {
  const values = valuesOf(items, key);
  return values.length === items.length && new Set(values).size === values.length;
};

/** Finds the key of the items' ids: the most likely key whose value differs in every item, otherwise the most likely key. */
const findId = (items: readonly Members[], names: readonly string[]): string | null => {
  const keys = findKeys(items, names);
  return keys.find((key) => isUnique(items, key)) ?? keys[0] ?? null;
};

/** Finds a member at any depth of an object, except in its lists. */
function findMember(body: unknown, matches: RegExp, path = "body"): { path: string; key: string } | null {
  if (!isObject(body)) return null;
  for (const [key, value] of Object.entries(body)) {
    if (matches.test(key) && !isObject(value) && !Array.isArray(value))
      return { path: member(path, key), key };
  }
  for (const [key, value] of Object.entries(body)) {
    const found = findMember(value, matches, member(path, key));
    if (found) return found;
  }
  return null;
}

/** Guesses how a listing is divided into pages, by the members around its items. */
export function guessPaging({ body, path }: Listing): readonly Line[] {
  if (path === "[body]") return [];
  const total = findMember(body, /^(total|total_?count|total_?items|total_?results)$/i);
  const next = findMember(body, /^(next|next_?page_?token|next_?token|next_?cursor|end_?cursor|cursor)$/i);
  const page = findMember(body, /^(page|page_?number|current_?page)$/i);
  const pages = findMember(body, /^(total_?pages|page_?count|pages)$/i);
  const size = findMember(body, /^(per_?page|page_?size|limit)$/i);
  const offset = findMember(body, /^(offset|skip|start)$/i);
  if (next) {
    return [
      {
        text: "paging:",
        why: `guessed from ${next.path}; check the name of the parameter that sends it back`,
      },
      { text: `  { style: cursor, next: ${quoted(next.path)}, send_as: ${toName(next.key)} }` },
    ];
  }
  if (page ?? pages) {
    const parts = [
      `page: ${page?.key ?? "page"}`,
      `size: { name: ${size?.key ?? "per_page"}, value: 100 }`,
      ...(total ? [`total: ${quoted(total.path)}`] : []),
      ...(pages ? [`pages: ${quoted(pages.path)}`] : []),
    ];
    return [
      {
        text: "paging:",
        why: "guessed from the numbers around the items; check the names of the parameters and the largest page",
      },
      { text: `  { style: page, ${parts.join(", ")} }` },
    ];
  }
  if (offset) {
    const of = total ? `, total: ${quoted(total.path)}` : "";
    return [
      { text: "paging:", why: `guessed from ${offset.path}; check the names of the parameters` },
      {
        text: `  { style: offset, offset: ${offset.key}, size: { name: ${size?.key ?? "limit"}, value: 100 }${of} }`,
      },
    ];
  }
  return [
    { text: "# paging: none found in the samples. If the vendor sends a Link header, add { style: link }." },
  ];
}

/** Guesses the unit of a time by its values. The profile then states it, so that it is never guessed again. */
export function guessUnit(values: readonly unknown[]): string | null {
  const [value] = values;
  if (typeof value === "string")
    return /^\d{4}-\d\d-\d\dT/.test(value) ? (/(Z|[+-]\d\d:?\d\d)$/i.test(value) ? "iso" : "iso_utc") : null;
  if (typeof value !== "number" || value < 1e9) return null;
  const units = [
    [1e11, "unix_seconds"],
    [1e14, "unix_milliseconds"],
    [1e17, "unix_microseconds"],
  ] as const;
  return units.find(([below]) => value < below)?.[1] ?? "unix_nanoseconds";
}

export const time = (of: string, key: string, unit: string) =>
  `{ value: ${quoted(member(of, key))}, time: ${unit} }`;

const isMac = (value: unknown): boolean =>
  typeof value === "string" && /^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$/i.test(value);

/** The names that vendors use for a member of the contract, the most likely first. */
export const KEYS = {
  org: ["orgid", "organizationid", "accountid", "customerid", "workspaceid"],
  site: ["siteid", "locationid", "locationuuid", "networkid", "placeid", "buildingid"],
  device: ["deviceid", "deviceuuid", "cameraid", "id", "uuid", "serial", "serialnumber"],
  name: ["name", "displayname", "label", "title", "devicename"],
  type: ["type", "devicetype", "producttype", "kind", "category", "model"],
  status: ["status", "state", "connectionstatus", "connectionstate", "health", "online", "connected"],
  seen: [
    "lastseenat",
    "lastseen",
    "lastreportedat",
    "lastonline",
    "lastcontact",
    "lastconnected",
    "lastheartbeat",
  ],
  timezone: ["timezone", "tz"],
} as const;

/** Guesses the rules of the fields that are the same in every vendor: one line a field. */
function guessPlain(items: readonly Members[]): readonly Line[] {
  const plain: Readonly<Record<string, readonly string[]>> = {
    ip_addresses: ["ipaddress", "ip", "lanip"],
    hostname: ["hostname"],
    manufacturer: ["manufacturer", "vendor", "make"],
    model: ["model", "modelname"],
    firmware_version: ["firmwareversion", "firmware"],
    serial_number: ["serialnumber", "serial"],
    system_id: ["systemid", "serverid"],
  };
  return Object.entries(plain).flatMap(([field, names]) => {
    const key = findKey(items, names);
    if (key === null) return [];
    return [{ text: `${field}: ${quoted(member("item", key))}` }];
  });
}

export function guessDeviceFields(
  items: readonly Members[],
  org: string,
  site: string | null,
): readonly Line[] {
  const id = findId(items, KEYS.device);
  const ownSite = findKey(items, KEYS.site);
  const name = findKey(items, KEYS.name);
  const type = findKey(items, KEYS.type);
  const status = findKey(items, KEYS.status);
  const seen = findKey(items, KEYS.seen);
  const unit = seen === null ? null : guessUnit(valuesOf(items, seen));
  const mac = keysOf(items).find((key) => valuesOf(items, key).some(isMac));
  const ids = id === null ? [] : valuesOf(items, id);
  const text = (key: string, of: readonly unknown[]) =>
    of.some((value) => typeof value === "number") ? `string(${member("item", key)})` : member("item", key);
  const siteRule = ownSite !== null ? text(ownSite, valuesOf(items, ownSite)) : (site ?? "'unassigned'");
  return [
    id === null
      ? { text: `device_id: "item.id"`, why: "no member of the samples looks like an id" }
      : {
          text: `device_id: ${quoted(text(id, ids))}`,
          why: isUnique(items, id)
            ? "guessed: unique in the samples; check that it never changes"
            : "guessed, but NOT unique in the samples",
        },
    { text: `org_id: ${quoted(org)}`, why: "guessed" },
    {
      text: `site_id: ${quoted(siteRule)}`,
      ...(ownSite === null && site === null && { why: "no member of the samples looks like a site's id" }),
    },
    {
      text: `name: ${quoted(name === null ? "string(item.id)" : member("item", name))}`,
      ...(name === null && { why: "no member looks like a name" }),
    },
    type === null
      ? { text: `type: "'other'"`, why: "no member looks like a type" }
      : { text: `type: ${quoted(member("item", type))}`, why: "guessed; see words.type" },
    ...(status === null
      ? [
          {
            text: "# status: no member looks like a status. Is there another listing that has it? Then add a join.",
          },
        ]
      : [
          {
            text: `status: ${quoted(valuesOf(items, status).some((value) => typeof value === "boolean") ? `${member("item", status)} ? 'online' : 'offline'` : member("item", status))}`,
            why: "guessed; see words.status",
          },
        ]),
    ...(seen !== null && unit !== null
      ? [
          {
            text: `last_seen_at: ${time("item", seen, unit)}`,
            why: `the unit is guessed from ${JSON.stringify(valuesOf(items, seen)[0])}`,
          },
        ]
      : [
          { text: "# last_seen_at: no member looks like it. Do not use times of creation, update or start." },
        ]),
    ...(mac === undefined ? [] : [{ text: `mac_addresses: ${quoted(member("item", mac))}` }]),
    ...guessPlain(items),
  ];
}

/** What common words for a status mean. The contract's own words need no entry. */
export const STATUSES: Readonly<Record<string, string>> = {
  live: "online",
  connected: "online",
  up: "online",
  active: "online",
  ok: "online",
  green: "online",
  warning: "degraded",
  alerting: "degraded",
  yellow: "degraded",
  disconnected: "offline",
  down: "offline",
  dormant: "offline",
  red: "offline",
};

const OWN_WORDS: ReadonlySet<string> = new Set([...DEVICE_TYPES, ...deviceStatusSchema.options]);
export const guessType = (word: string): string | null =>
  DEVICE_TYPES.find((type) => word.split("_").includes(type)) ?? null;

/** Lists the words of the samples that are not the contract's, each with what it probably means. */
export function guessWords(
  section: "type" | "status",
  items: readonly Members[],
  guess: (word: string) => string | null,
): readonly Line[] {
  const key = findKey(items, KEYS[section]);
  const sent = key === null ? [] : valuesOf(items, key).filter((value) => typeof value === "string");
  const words = [...new Set(sent)].filter((word) => !OWN_WORDS.has(fold(word))).slice(0, 50);
  const [known, unknown] = [
    words.filter((word) => guess(fold(word))),
    words.filter((word) => !guess(fold(word))),
  ];
  return [
    ...(known.length > 0 ? [{ text: `${section}:` }] : []),
    ...known.map((word): Line => ({ text: `  ${quoted(word)}: ${guess(fold(word))}`, why: "guessed" })),
    ...unknown.map((word): Line => ({ text: `# ${section} ${quoted(word)}: TODO: what does it mean?` })),
  ];
}
