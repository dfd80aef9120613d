import { readSamples, type Sample, type SampleFile, WEBHOOK } from "./check.ts";
import {
  findItems,
  findKey,
  guessDeviceFields,
  guessPaging,
  guessType,
  guessUnit,
  guessWords,
  isObject,
  KEYS,
  type Line,
  type Listing,
  member,
  quoted,
  STATUSES,
  time,
  toListing,
  toName,
  valuesOf,
} from "./guess.ts";

function writeLines(indent: number, lines: readonly Line[]): readonly string[] {
  return lines.map(({ text, why }) => `${" ".repeat(indent)}${text}${why === undefined ? "" : `  # ${why}`}`);
}

/** A literal of CEL. */
const literal = (value: unknown): string =>
  typeof value === "string" ? `'${value.replaceAll(/[\\']/g, "\\$&")}'` : JSON.stringify(value);

/** The names that vendors use for the members of an event, the most likely first. */
const EVENT = {
  id: ["eventid", "id", "alertid", "uuid", "webhookid"],
  kind: ["eventtype", "type", "alerttype", "webhooktype", "topic"],
} as const;

/** Drafts how deliveries are read: what all events have, and a rule for each kind of event that has a status. */
function writeWebhooks(webhooks: readonly Sample[]): readonly string[] {
  const bodies = webhooks.map(({ body }) => body).filter(isObject);
  if (bodies.length === 0) return ["# webhooks: no sample of a delivery (webhook.json) was given."];
  // A body that has a type and an id is one event, whatever lists are in it.
  const isEvent = findKey(bodies, EVENT.kind) !== null && findKey(bodies, EVENT.id) !== null;
  const batches = isEvent ? [] : bodies.flatMap((body) => findItems(body) ?? []);
  const events = batches.length > 0 ? batches.flatMap(({ items }) => items) : bodies;
  const key = (names: readonly string[]) => findKey(events, names);
  const find = (names: readonly string[], of = events) => {
    const found = findKey(of, names);
    return found === null ? null : member("event", found);
  };
  const id = key(EVENT.id);
  const kind = key(EVENT.kind);
  const at = key(["timestamp", "time", "occurredat", "eventtime", "createdat", "sentat", "timestampms"]);
  const device = find(KEYS.device.filter((name) => name !== "id"));
  const common = { org_id: find(KEYS.org), site_id: find(KEYS.site), device_id: device };
  const derived = [device, at === null ? null : member("event", at)].filter((each) => each !== null);
  const kinds = kind === null ? [null] : [...new Set(valuesOf(events, kind))].slice(0, 20);
  const rules = kinds.flatMap((which) => {
    const status = find(
      KEYS.status,
      which === null || kind === null
        ? events
        : events.filter((event) => valuesOf([event], kind)[0] === which),
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
    Object.values(common).some((value) => value !== null) ? "  fields:" : "  fields: {}",
    ...Object.entries(common).flatMap(([field, value]) =>
      value === null ? [`    # ${field}: no member looks like it`] : [`    ${field}: ${quoted(value)}`],
    ),
    rules.some((line) => line.includes("- when")) ? "  events:" : "  events: []",
    ...rules,
  ];
}

type Role = "orgs" | "sites" | "devices";
const ROLES: readonly (readonly [Role, RegExp])[] = [
  ["devices", /device|inventor|camera|sensor|lock|gateway|reader|door/],
  ["sites", /site|location|network|place|building/],
  ["orgs", /org|account|customer|workspace|tenant/],
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
    const site = isPerSite(listing) ? member("site", siteKey ?? "id") : null;
    const lines = guessDeviceFields(listing.items, orgOf(listing), site);
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
