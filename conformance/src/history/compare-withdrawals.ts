import {
  DEVICE_STATUS_CHANGED,
  deviceSchema,
  eventSchemas,
  isEventTypeName,
  orgSchema,
  siteSchema,
} from "@convergint/schemas";
import { show } from "../checks/finding.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { declares, readSandboxCommands } from "../evidence/manifest.ts";
import {
  endOf,
  entriesOf,
  eventsOf,
  type IdName,
  isSuccess,
  type JsonObject,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { requirements } from "../registry/requirements.ts";
import { type Compared, type Difference, HOUR_MS, type Snapshot, sideOf } from "./snapshot.ts";

const NOTICE_DAYS = 180;
const DAY_MS = 24 * HOUR_MS;
const NOTICE_MS = NOTICE_DAYS * DAY_MS;

/** If there are fewer objects, someone may have deleted the values by hand. */
const MIN_OBJECTS = 3;

/** Members that are absent in an ordinary state. */
const STATE_MEMBERS = new Set(["status_reason", "vendor_status", "admin_state", "lifecycle", "removed_at"]);

const capabilities = [
  ...new Set(requirements.flatMap(({ actor, capability }) => (actor === "vendor" ? (capability ?? []) : []))),
];

const manifestOf = ({ manifest }: Snapshot) => objectOf(manifest);
const majorOf = (snapshot: Snapshot) => textOf(manifestOf(snapshot), "contract_version")?.split(".")[0];
const typesOf = (snapshot: Snapshot): string[] =>
  listOf(manifestOf(snapshot), "event_types").flatMap((entry) => textOf(entry, "type") ?? []);

const hasSameMajor = (older: Snapshot, newer: Snapshot) => majorOf(older) === majorOf(newer);

/** Returns the event types that only the older manifest lists. */
const findGoneTypes = (older: Snapshot, newer: Snapshot): string[] => {
  const now = new Set(typesOf(newer));
  return typesOf(older).filter((type) => !now.has(type));
};

/** Describes a name that the manifest no longer has. */
function goneFromManifest(older: Snapshot, newer: Snapshot, where: string, name: string): Difference {
  return {
    older: sideOf(older, older.manifest.id, where, name),
    newer: sideOf(newer, newer.manifest.id, where, "nothing"),
    expected: `${name}, as in the older manifest`,
    hint: "Within one major version, keep serving everything that you have served. If only the manifest lost this entry, add it again. If the older run was against a sandbox that offered more, compare two runs against the same sandbox.",
  };
}

function compareManifests(older: Snapshot, newer: Snapshot): Difference[] {
  const [before, now] = [manifestOf(older), manifestOf(newer)];
  const commands = new Set(readSandboxCommands(now));
  const lost = capabilities.filter((path) => declares(before, path) && !declares(now, path));
  return [
    // Without webhooks, there is no batching either: names only the outermost capability.
    ...lost
      .filter((path) => !lost.some((other) => path.startsWith(`${other}.`)))
      .map((path) => goneFromManifest(older, newer, `/${path.replaceAll(".", "/")}`, path)),
    ...(declares(now, "sandbox") ? readSandboxCommands(before) : [])
      .filter((command) => !commands.has(command))
      .map((command) => goneFromManifest(older, newer, "/sandbox/commands", command)),
    ...findGoneTypes(older, newer)
      .filter(isEventTypeName)
      .map((type) => goneFromManifest(older, newer, "/event_types", type)),
  ];
}

/** An object of the evidence, with its place. */
interface Found {
  readonly at: string;
  readonly pointer: string;
  readonly value: JsonObject;
}

const has = ({ value }: Found, member: string) => value[member] !== undefined && value[member] !== null;

/** Finds members that every older object had and no newer object has. */
function findLostMembers(
  [older, before]: readonly [Snapshot, readonly Found[]],
  [newer, now]: readonly [Snapshot, readonly Found[]],
  members: readonly string[],
  noun: string,
): Difference[] {
  const [was] = before;
  const [is] = now;
  if (!was || !is || before.length < MIN_OBJECTS || now.length < MIN_OBJECTS) return [];
  return members
    .filter((member) => !STATE_MEMBERS.has(member))
    .filter((member) => before.every((each) => has(each, member)) && !now.some((each) => has(each, member)))
    .map((member) => ({
      older: sideOf(older, was.at, `${was.pointer}/${member}`, show(was.value[member])),
      newer: sideOf(newer, is.at, `${is.pointer}/${member}`, "nothing"),
      expected: `${member}, as in the older run`,
      hint: `All ${before.length} ${noun} of the older run had ${member}; none of ${now.length} in the newer run has it. Send it again. If someone deleted the values in your product, this is no defect of the API.`,
    }));
}

const LISTED = [
  { part: "orgs", name: "org_id", members: Object.keys(orgSchema.shape) },
  { part: "sites", name: "site_id", members: Object.keys(siteSchema.shape) },
  { part: "devices", name: "device_id", members: Object.keys(deviceSchema.shape) },
] as const;

/** Compares the members of the objects that both runs list. */
function compareListed(older: Snapshot, newer: Snapshot): Difference[] {
  return LISTED.flatMap(({ part, name, members }) => {
    const [before, now] = [older, newer].map(({ parts }) => byId(parts[part]?.listing, name));
    if (!before || !now) return [];
    const shared = [...before.keys()].filter((id) => now.has(id));
    // Some objects may lack a member. Therefore each member is compared only for the objects that had the
    // member.
    return members.flatMap((member) => {
      const having = shared.filter((id) => has(before.get(id) as Found, member));
      return findLostMembers(
        [older, having.map((id) => before.get(id) as Found)],
        [
          newer,
          [...now.values()].some((each) => has(each, member)) ? [] : having.map((id) => now.get(id) as Found),
        ],
        [member],
        part,
      );
    });
  });
}

const byId = (listing: Parameters<typeof entriesOf>[0] | undefined, name: IdName): Map<string, Found> =>
  new Map(
    (listing ? entriesOf(listing) : []).flatMap((entry) => {
      const id = textOf(entry.value, name);
      return id === null ? [] : [[id, entry] as const];
    }),
  );

/** Compares the members of the events that both runs received, for each type. */
function compareEvents(older: Snapshot, newer: Snapshot): Difference[] {
  const group = ({ traffic }: Snapshot) =>
    Map.groupBy(
      traffic.deliveries.flatMap((delivery) =>
        eventsOf(delivery).map((value): Found => ({ at: delivery.id, pointer: "", value })),
      ),
      ({ value }) => textOf(value, "type"),
    );
  const [before, now] = [group(older), group(newer)];
  return [...before].flatMap(([type, events]) => {
    if (type === null || !isEventTypeName(type)) return [];
    const { shape } = eventSchemas[type];
    const later = now.get(type) ?? [];
    const data = (found: readonly Found[]) =>
      found.map(({ at, value }): Found => ({ at, pointer: "/data", value: memberOf(value, "data") ?? {} }));
    const noun = `events of type ${type}`;
    const lost = findLostMembers([older, events], [newer, later], Object.keys(shape), noun);
    // Other types have members that depend on what happened, such as the previous site of a device that moved.
    if (type !== DEVICE_STATUS_CHANGED) return lost;
    const members = Object.keys(eventSchemas[type].shape.data.shape);
    return [...lost, ...findLostMembers([older, data(events)], [newer, data(later)], members, noun)];
  });
}

/** Finds names of the contract that the vendor has stopped using. @see spec/1.0/contract.md#man-005 */
export function compareNames(older: Snapshot, newer: Snapshot): Compared {
  if (!hasSameMajor(older, newer)) return { differences: [], doubts: [], compared: 0 };
  return {
    differences: [
      ...compareManifests(older, newer),
      ...compareListed(older, newer),
      ...compareEvents(older, newer),
    ],
    doubts: [],
    compared: capabilities.length + typesOf(older).length,
  };
}

/** A path of the API, without ids and queries, and what the calls of one run show about it. */
interface PathCalls {
  readonly succeeded: readonly Exchange[];
  readonly gone: readonly Exchange[];
}

const GONE = [404, 405, 410, 501];

/** Returns the path after the base URL, if a call to it cannot fail because of an id or a query; otherwise `null`. */
function pathOf(snapshot: Snapshot, { request }: Exchange): string | null {
  const { origin, pathname, searchParams } = new URL(request.url);
  if ([...searchParams.keys()].some((name) => name !== "limit")) return null;
  if (request.url === snapshot.manifest.request.url) return "/.well-known/vendor-cloud";
  const base = (textOf(manifestOf(snapshot), "api_base") ?? "").replace(/\/$/, "");
  const path = `${origin}${pathname}`.startsWith(`${base}/`) ? `${origin}${pathname}`.slice(base.length) : "";
  return /^\/v\d+\/[^/]+$/.test(path) ? `${request.method} ${path}` : null;
}

function groupByPath(snapshot: Snapshot): Map<string, PathCalls> {
  const calls = snapshot.traffic.exchanges.flatMap((exchange) => {
    const path = exchange.request.method === "TRIGGER" ? null : pathOf(snapshot, exchange);
    return path === null || exchange.response === null ? [] : [{ path, exchange }];
  });
  return new Map(
    [...Map.groupBy(calls, ({ path }) => path)].map(([path, group]) => {
      const exchanges = group.map(({ exchange }) => exchange);
      const gone = exchanges.filter(({ response }) => GONE.includes(response?.status ?? 0));
      return [path, { succeeded: exchanges.filter(isSuccess), gone }];
    }),
  );
}

/** A `Deprecation` or `Sunset` header, in Unix milliseconds; `NaN` if its value is invalid, `null` if it is absent. */
interface Notice {
  readonly at: string;
  readonly deprecation: number | null;
  readonly sunset: number | null;
  readonly text: string;
}

/** Reads the notice of a response. RFC 9745 writes `@` and seconds, RFC 8594 an HTTP date. */
function readNotice({ id, response }: Exchange): Notice {
  const { deprecation, sunset } = response?.headers ?? {};
  const seconds = /^@(-?\d+)$/.exec(deprecation?.trim() ?? "")?.[1];
  return {
    at: id,
    deprecation: deprecation === undefined ? null : Number(seconds ?? Number.NaN) * 1000,
    sunset: sunset === undefined ? null : Date.parse(sunset),
    text: `Deprecation: ${deprecation ?? "absent"}, Sunset: ${sunset ?? "absent"}`,
  };
}

const day = (moment: number) => new Date(moment).toISOString().slice(0, 10);

/** Says what is wrong with a notice; `null` if nothing is. @param unannouncedAt when there was no notice yet, if known */
function judgeNotice(
  notice: Notice,
  unannouncedAt: number | null,
): Pick<Difference, "expected" | "hint"> | null {
  const { deprecation, sunset } = notice;
  if (Number.isNaN(deprecation))
    return {
      expected: "Deprecation with `@` and Unix seconds, such as @1798761600 (RFC 9745)",
      hint: "Write the time at which the deprecation begins as `@` and whole seconds since 1970.",
    };
  if (Number.isNaN(sunset))
    return {
      expected: "Sunset with an HTTP date, such as Thu, 30 Sep 2027 00:00:00 GMT (RFC 8594)",
      hint: "Write the time of the withdrawal as an HTTP date.",
    };
  if (sunset === null) return null;
  if (deprecation === null)
    return {
      expected: "a Deprecation header next to Sunset",
      hint: "Send both headers on every response of the path, version or event type that you are going to withdraw.",
    };
  if (sunset - deprecation < NOTICE_MS)
    return {
      expected: `Sunset at least ${NOTICE_DAYS} days after Deprecation: ${day(deprecation + NOTICE_MS)} or later`,
      hint: `Sunset is only ${Math.floor((sunset - deprecation) / DAY_MS)} days after Deprecation. Set Sunset to a later date, and keep serving what you withdraw until that date.`,
    };
  if (unannouncedAt !== null && sunset - unannouncedAt < NOTICE_MS)
    return {
      expected: `Sunset at least ${NOTICE_DAYS} days after the announcement: ${day(unannouncedAt + NOTICE_MS)} or later`,
      hint: `Set Sunset to a later date, and keep serving what you withdraw until that date. The older run got no Sunset header on ${day(unannouncedAt)}, so you announced the withdrawal later than Deprecation says.`,
    };
  return null;
}

/** Judges a withdrawal between two runs by the notice of the older run. @returns a failure, a doubt, or `null` */
function judgeWithdrawal(
  notice: Notice | null,
  lastSeen: number,
  goneAt: number,
): { readonly expected?: string; readonly text: string } | null {
  const isAnnounced = notice !== null && notice.sunset !== null && !Number.isNaN(notice.sunset);
  if (isAnnounced && (notice.sunset ?? 0) <= goneAt) return null;
  if (isAnnounced)
    return {
      expected: `to be served until ${day(notice.sunset ?? 0)}, the date in the Sunset header of the older run`,
      text: "You withdrew it before the date in Sunset. Serve it until that date. If it is gone only because of an error of routing or deployment, restore it.",
    };
  return goneAt - lastSeen < NOTICE_MS
    ? {
        expected: `Deprecation and Sunset headers for ${NOTICE_DAYS} days before it is withdrawn`,
        text: `You withdrew it without notice: the older run got no Sunset header on ${day(lastSeen)}. Serve it again, and announce the withdrawal. If it is gone only because of an error of routing or deployment, restore it.`,
      }
    : {
        text: `was withdrawn between ${day(lastSeen)} and ${day(goneAt)}; it may have been announced between the two runs`,
      };
}

/** Compares the announcements of withdrawals with what was withdrawn. @see spec/1.0/contract.md#man-006 */
export function compareAnnouncements(older: Snapshot, newer: Snapshot): Compared {
  const [before, now] = [groupByPath(older), groupByPath(newer)];
  const differences: Difference[] = [];
  const doubts: string[] = [];
  for (const [path, { succeeded }] of before) {
    const last = succeeded.at(-1);
    const then = now.get(path);
    if (!last || !then) continue;
    const [notice, lastSeen] = [readNotice(last), endOf(last)];
    const next = then.succeeded.at(-1);
    const [gone] = then.gone;
    const found = next ? readNotice(next) : null;
    const problem = found
      ? judgeNotice(found, notice.sunset === null ? lastSeen : null)
      : judgeNotice(notice, null);
    const olderSide = sideOf(older, last.id, "Deprecation, Sunset", notice.text);
    if (problem)
      differences.push({
        older: olderSide,
        newer: found
          ? sideOf(newer, found.at, "Deprecation, Sunset", found.text)
          : sideOf(newer, gone?.id ?? newer.manifest.id, "status", show(gone?.response?.status)),
        ...problem,
      });
    else if (!next && gone) {
      const judged = judgeWithdrawal(notice, lastSeen, Date.parse(gone.startedAt));
      const newerSide = sideOf(newer, gone.id, "status", show(gone.response?.status));
      if (judged?.expected)
        differences.push({
          older: olderSide,
          newer: newerSide,
          expected: judged.expected,
          hint: judged.text,
        });
      else if (judged) doubts.push(`${path} ${judged.text}`);
    }
  }
  const notices = [older.parts.catalogue?.exchange, older.manifest].flatMap((each) =>
    each ? readNotice(each) : [],
  );
  const announced = notices.find(({ sunset }) => sunset !== null) ?? null;
  const [lastSeen, goneAt] = [endOf(older.manifest), Date.parse(newer.manifest.startedAt)];
  const goneTypes = findGoneTypes(older, newer).filter(
    // MAN-005 reports the contract's own types.
    (type) => !(hasSameMajor(older, newer) && isEventTypeName(type)),
  );
  for (const type of goneTypes) {
    const judged = judgeWithdrawal(announced, lastSeen, goneAt);
    if (judged?.expected)
      differences.push({
        older: sideOf(older, older.manifest.id, "/event_types", type),
        newer: sideOf(newer, newer.manifest.id, "/event_types", "nothing"),
        expected: `${type}: ${judged.expected}`,
        hint: judged.text,
      });
    else if (judged) doubts.push(`${type} ${judged.text}`);
  }
  return { differences, doubts, compared: before.size + typesOf(older).length };
}
