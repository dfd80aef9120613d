import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import { fold } from "../words.ts";
import { readSamples, type Sample, type SampleFile, WEBHOOK } from "./check.ts";

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a body has its items. */
interface Listing {
  /** The name of the request. */
  readonly name: string;
  readonly samples: readonly Sample[];
  /** An expression, such as `body.devices`. */
  readonly path: string;
  readonly items: readonly Members[];
  readonly body: unknown;
}

/** A line of the draft, with the reason for a guess. */
interface Line {
  readonly text: string;
  readonly why?: string;
}

const NAME = /[^a-z0-9_]+/g;
const toName = (text: string): string => {
  const name = text
    .toLowerCase()
    .replaceAll(NAME, "_")
    .replaceAll(/^[^a-z]+|_+$/g, "");
  return name === "" ? "listing" : name.slice(0, 63);
};

/** Reads a member in CEL: `item.name`, or `item["Last seen"]` for a name that is not an identifier. */
const member = (of: string, key: string): string =>
  /^[A-Za-z_]\w*$/.test(key) ? `${of}.${key}` : `${of}[${JSON.stringify(key)}]`;

/** A scalar of YAML that every parser reads as this text. */
const quoted = (text: string): string => JSON.stringify(text);

/** Finds the longest list of objects in a body, at most three members deep. */
function findItems(body: unknown, path = "body", depth = 0): { path: string; items: Members[] } | null {
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

function toListing(name: string, samples: readonly Sample[]): Listing {
  const [first] = samples;
  const found = samples.flatMap(({ body }) => findItems(body) ?? []);
  const path = found[0]?.path ?? "[body]";
  const items = found.length > 0 ? found.flatMap((each) => each.items) : [first?.body].filter(isObject);
  return { name, samples, path, items, body: first?.body };
}

const keysOf = (items: readonly Members[]): readonly string[] => [
  ...new Set(items.flatMap((item) => Object.keys(item))),
];

/** Finds a key of items by names, the first name first. Compares without case and separators. */
function findKey(items: readonly Members[], names: readonly string[]): string | null {
  const keys = keysOf(items);
  const plain = (key: string) => key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  for (const name of names) {
    const key = keys.find((each) => plain(each) === name);
    if (key !== undefined && items.some((item) => item[key] !== null && !isObject(item[key]))) return key;
  }
  return null;
}

const valuesOf = (items: readonly Members[], key: string): readonly unknown[] =>
  items.map((item) => item[key]).filter((value) => value !== undefined && value !== null);

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
function guessPaging({ body, path }: Listing): readonly Line[] {
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
function guessUnit(values: readonly unknown[]): string | null {
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

const time = (of: string, key: string, unit: string) =>
  `{ value: ${quoted(member(of, key))}, time: ${unit} }`;

const isMac = (value: unknown): boolean =>
  typeof value === "string" && /^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$/i.test(value);

/** The names that vendors use for a member of the contract, the most likely first. */
const KEYS = {
  org: ["orgid", "organizationid", "accountid", "customerid", "workspaceid"],
  site: ["siteid", "locationid", "locationuuid", "networkid", "placeid", "buildingid"],
  device: ["deviceid", "deviceuuid", "uuid", "cameraid", "serial", "serialnumber", "id"],
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

function guessDeviceFields(items: readonly Members[], outer: string | null, org: string): readonly Line[] {
  const id = findKey(items, KEYS.device);
  const site = findKey(items, KEYS.site);
  const name = findKey(items, KEYS.name);
  const type = findKey(items, KEYS.type);
  const status = findKey(items, KEYS.status);
  const seen = findKey(items, KEYS.seen);
  const unit = seen === null ? null : guessUnit(valuesOf(items, seen));
  const mac = keysOf(items).find((key) => valuesOf(items, key).some(isMac));
  const ids = id === null ? [] : valuesOf(items, id);
  const isUnique = ids.length === items.length && new Set(ids).size === ids.length;
  const text = (key: string, of: readonly unknown[]) =>
    of.some((value) => typeof value === "number") ? `string(${member("item", key)})` : member("item", key);
  const siteRule =
    site !== null ? text(site, valuesOf(items, site)) : outer === null ? "'unassigned'" : `${outer}.id`;
  return [
    id === null
      ? { text: `device_id: "item.id"`, why: "no member of the samples looks like an id" }
      : {
          text: `device_id: ${quoted(text(id, ids))}`,
          why: isUnique
            ? "guessed: unique in the samples; check that it never changes"
            : "guessed, but NOT unique in the samples",
        },
    { text: `org_id: ${quoted(org)}`, why: "guessed" },
    {
      text: `site_id: ${quoted(siteRule)}`,
      ...(site === null && { why: "no member of the samples looks like a site's id" }),
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
const STATUSES: Readonly<Record<string, string>> = {
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
const guessType = (word: string): string | null =>
  DEVICE_TYPES.find((type) => word.split("_").includes(type)) ?? null;

/** Lists the words of the samples that are not the contract's, each with what it probably means. */
function guessWords(
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

function writeLines(indent: number, lines: readonly Line[]): readonly string[] {
  return lines.map(({ text, why }) => `${" ".repeat(indent)}${text}${why === undefined ? "" : `  # ${why}`}`);
}

/** A literal of CEL. */
const literal = (value: unknown): string =>
  typeof value === "string" ? `'${value.replaceAll(/[\\']/g, "\\$&")}'` : JSON.stringify(value);

/** Drafts how deliveries are read: what all events have, and a rule for each kind of event that has a status. */
function writeWebhooks(webhooks: readonly Sample[]): readonly string[] {
  const bodies = webhooks.map(({ body }) => body).filter(isObject);
  if (bodies.length === 0) return ["# webhooks: no sample of a delivery (webhook.json) was given."];
  const batches = bodies.flatMap((body) => findItems(body) ?? []);
  const events = batches.length > 0 ? batches.flatMap(({ items }) => items) : bodies;
  const key = (names: readonly string[]) => findKey(events, names);
  /** Finds a member of events, or of their `data`. */
  const find = (names: readonly string[], of = events) => {
    const own = findKey(of, names);
    if (own !== null) return member("event", own);
    const nested = findKey(of.map(({ data }) => data).filter(isObject), names);
    return nested === null ? null : member("event.data", nested);
  };
  const id = key(["eventid", "id", "alertid", "uuid", "webhookid"]);
  const kind = key(["eventtype", "type", "alerttype", "webhooktype", "topic"]);
  const at = key(["timestamp", "time", "occurredat", "eventtime", "createdat", "sentat", "timestampms"]);
  const device = find(KEYS.device.filter((name) => name !== "id"));
  const common = { org_id: find(KEYS.org), site_id: find(KEYS.site), device_id: device };
  const derived = [device, at === null ? null : member("event", at)].filter((each) => each !== null);
  const kinds = kind === null ? [null] : [...new Set(valuesOf(events, kind))].slice(0, 20);
  const rules = kinds.flatMap((which) => {
    const status = find(
      KEYS.status,
      which === null || kind === null ? events : events.filter((event) => event[kind] === which),
    );
    if (status === null)
      return [
        `    # ${quoted(String(which ?? "events"))} has no status: without a rule, it is kept as an unmapped event.`,
      ];
    const when = which === null || kind === null ? "true" : `${member("event", kind)} == ${literal(which)}`;
    return [
      `    - when: ${quoted(when)}`,
      "      type: device.status_changed  # guessed; the event's type in the contract",
      `      fields: { status: ${quoted(status)} }  # guessed`,
    ];
  });
  return [
    "webhooks:",
    "  # A body does not show how it is signed. Read the vendor's documentation; without a signature no delivery is accepted.",
    "  signature: null",
    ...(batches[0] ? ["  envelope:", `    events: ${quoted(batches[0].path)}`] : []),
    id === null
      ? `  id: { derived: [${derived.map((each) => quoted(`string(${each})`)).join(", ") || '"string(event)"'}] }  # no member looks like an id`
      : `  id: ${quoted(member("event", id))}  # guessed; it must be the same on every retry`,
    at === null
      ? '  time: { value: "event.timestamp", time: iso }  # no member looks like a time'
      : `  time: ${time("event", at, guessUnit(valuesOf(events, at)) ?? "iso")}  # the unit is guessed from ${JSON.stringify(valuesOf(events, at)[0])}`,
    ...(kind === null ? [] : [`  vendor_type: ${quoted(member("event", kind))}`]),
    "  fields:",
    ...Object.entries(common).flatMap(([field, value]) =>
      value === null ? [`    # ${field}: no member looks like it`] : [`    ${field}: ${quoted(value)}`],
    ),
    rules.some((line) => line.includes("- when")) ? "  events:" : "  events: []",
    ...rules,
  ];
}

type Role = "orgs" | "sites" | "devices";
const ROLES: readonly (readonly [Role, RegExp, readonly string[]])[] = [
  ["devices", /device|inventor|camera|sensor|lock|gateway|reader|door/, KEYS.device],
  ["sites", /site|location|network|place|building/, KEYS.site],
  ["orgs", /org|account|customer|workspace|tenant/, KEYS.org],
];

const roleOf = (name: string): Role | null => ROLES.find(([, pattern]) => pattern.test(name))?.[0] ?? null;

/**
 * Drafts a profile from samples of a vendor's responses and deliveries. Guesses where the items are, paging, ids, times, and
 * what words mean, and says so in comments: a person checks each.
 *
 * @param files the samples, as `profile check` takes them
 * @returns the text of a profile that {@link readProfile} reads
 */
export function draftProfile(
  files: readonly SampleFile[],
  { name, baseUrl }: { readonly name: string; readonly baseUrl?: string | undefined },
): string {
  const { samples } = readSamples(files);
  const byName = Map.groupBy(
    samples.filter(({ of }) => of !== WEBHOOK),
    ({ of }) => toName(of),
  );
  const listings = [...byName].map(([each, of]) => toListing(each, of));
  const first = (role: Role) => listings.find((each) => roleOf(each.name) === role);
  const orgs = first("orgs");
  const sites = first("sites");
  const named = listings.filter((each) => roleOf(each.name) === "devices");
  const devices = named.length > 0 ? named : listings.filter((each) => each !== orgs && each !== sites);
  const orgKey = orgs ? (findKey(orgs.items, [...KEYS.org, "id", "uuid"]) ?? "id") : null;
  const siteKey = sites ? (findKey(sites.items, [...KEYS.site, "id", "uuid"]) ?? "id") : null;
  const siteIds = new Set(sites && siteKey !== null ? valuesOf(sites.items, siteKey).map(String) : []);
  /** Whether samples are tagged with the ids of sites: there is one listing for each site. */
  const isPerSite = ({ samples: of }: Listing) => of.some(({ tag }) => tag !== null && siteIds.has(tag));
  /** Whether requests are made for each account, because the items do not say which one they belong to. */
  const isPerOrg = ({ name: of, items }: Listing) =>
    orgs !== undefined && roleOf(of) !== "orgs" && findKey(items, KEYS.org) === null;
  const orgOf = (listing: Listing): string => {
    const key = findKey(listing.items, KEYS.org);
    if (key !== null) return member("item", key);
    if (orgKey === null) return "setting.org_id";
    const ofSite = sites && isPerSite(listing) ? findKey(sites.items, KEYS.org) : null;
    return ofSite === null ? member("org", orgKey) : member("site", ofSite);
  };

  const request = (listing: Listing): readonly string[] => {
    const perSite = isPerSite(listing);
    const path = perSite ? `/sites/{${member("site", siteKey ?? "id")}}/${listing.name}` : `/${listing.name}`;
    return [
      `    ${listing.name}:`,
      ...(perSite && sites ? [`      for_each: ${sites.name}`, "      as: site"] : []),
      ...(!perSite && orgs && isPerOrg(listing) ? [`      for_each: ${orgs.name}`, "      as: org"] : []),
      `      path: ${quoted(path)}  # TODO: a sample does not show its path`,
      `      items: ${quoted(listing.path)}  # guessed: the longest list in ${listing.samples[0]?.file}`,
      ...writeLines(6, guessPaging(listing)),
    ];
  };
  const deviceSource = (listing: Listing): readonly string[] => {
    const outer = isPerSite(listing) ? "site" : null;
    const lines = guessDeviceFields(listing.items, outer, orgOf(listing)).map((line) => ({
      ...line,
      text:
        outer === null ? line.text : line.text.replace('"site.id"', quoted(member("site", siteKey ?? "id"))),
    }));
    return [`    - from: ${listing.name}`, "      fields:", ...writeLines(8, lines)];
  };
  const all = devices.flatMap(({ items }) => items);
  const words = [
    ...guessWords("type", all, guessType),
    ...guessWords("status", all, (word) => STATUSES[word] ?? null),
  ];
  const siteName = sites && findKey(sites.items, KEYS.name);
  const zone = sites && findKey(sites.items, KEYS.timezone);
  const street = sites && findKey(sites.items, ["address", "streetaddress"]);
  const orgName = orgs && findKey(orgs.items, KEYS.name);
  const orgLines =
    orgs && orgKey !== null
      ? [
          `    from: ${orgs.name}`,
          "    fields:",
          `      org_id: ${quoted(member("item", orgKey))}  # guessed`,
          `      name: ${quoted(member("item", orgName ?? orgKey))}`,
        ]
      : [
          "    fields:",
          '      org_id: "setting.org_id"  # no sample lists accounts',
          '      name: "setting.org_id"',
        ];
  const [firstDevices] = devices;
  const siteOfDevice = firstDevices && findKey(firstDevices.items, KEYS.site);
  const siteLines =
    sites && siteKey !== null
      ? [
          `    from: ${sites.name}`,
          "    fields:",
          `      site_id: ${quoted(member("item", siteKey))}  # guessed`,
          `      org_id: ${quoted(orgOf(sites))}  # guessed`,
          `      name: ${quoted(member("item", siteName ?? siteKey))}`,
          ...(street ? [`      address: { street: ${quoted(member("item", street))} }`] : []),
          ...(zone ? [`      timezone: ${quoted(member("item", zone))}`] : []),
        ]
      : firstDevices && siteOfDevice
        ? [
            `    from: ${firstDevices.name}  # no sample lists sites, so the sites are those that devices name`,
            "    distinct: true",
            "    fields:",
            `      site_id: ${quoted(member("item", siteOfDevice))}`,
            `      org_id: ${quoted(orgOf(firstDevices))}`,
            `      name: ${quoted(member("item", siteOfDevice))}`,
          ]
        : [
            "    fields:",
            "      site_id: \"'unassigned'\"  # no sample lists sites, and no device names one",
            `      org_id: ${quoted("setting.org_id")}`,
            "      name: \"'Without a site'\"",
          ];
  const inventory = [
    "inventory:",
    "  requests:",
    ...listings.flatMap(request),
    "  orgs:",
    ...orgLines,
    "  sites:",
    ...siteLines,
    "  devices:",
    ...devices.flatMap(deviceSource),
  ];
  return `${[
    "# Drafted from samples. Everything marked `guessed` or `TODO` needs a look at the vendor's documentation;",
    "# then run `convergint-ingest profile check` on it.",
    "profile: 1",
    `name: ${name}`,
    `title: ${quoted(name)}  # TODO: the vendor's name`,
    ...(orgs ? [] : ["settings:", '  org_id: { title: "Id of the account at the vendor" }']),
    baseUrl === undefined
      ? "# base_url: TODO, or set it for each integration"
      : `base_url: ${quoted(baseUrl)}`,
    "auth: { scheme: bearer }  # TODO: a sample does not show it",
    ...(devices.length > 0 ? inventory : ["# inventory: no sample of a listing was given."]),
    words.some(({ text }) => !text.startsWith("#"))
      ? "words:"
      : "# words: no word in the samples needs an entry, or no word has an entry yet",
    ...writeLines(2, words),
    ...writeWebhooks(samples.filter(({ of }) => of === WEBHOOK)),
  ].join("\n")}\n`;
}
