import { createHash } from "node:crypto";
import { createSeededRandom, type SeededRandom } from "@convergint/internal/seeded-random";

/**
 * The ways in which conforming vendors may differ, because the contract leaves them open. The campus can
 * behave like any of these vendors. If the suite fails one of them, the suite is wrong.
 */
export interface Variation {
  /** The paths below which the manifest, the API and sandbox control are served. */
  readonly paths: { readonly manifest: string; readonly api: string; readonly control: string };
  /**
   * The HTTP version of each response. 1.0 closes the connection after the response. "closing" is version 1.1
   * and closes the connection too.
   */
  readonly http: "1.0" | "1.1" | "closing";
  /** Whether bodies come in pieces, without `Content-Length`. */
  readonly chunked: boolean;
  /** The longest time that a request waits before it is handled, and again before it is answered. */
  readonly maxAnswerMs: number;
  /** N, if one of N GET requests gets a 503 or a reset connection; 0 for none. */
  readonly hiccupEvery: number;
  /** How many sandbox commands a minute are accepted; 0 for no limit. */
  readonly commandsPerMinute: number;
  readonly ids: keyof typeof ID_STYLES;
  readonly order: keyof typeof ORDERS;
  readonly maxPageSize: number;
  /** How full pages are: as full as possible, at least half full at random, or every second page empty. */
  readonly fill: "full" | "half" | "gaps";
  /** Whether listings have a `total_count`. */
  readonly totalCount: boolean;
  /**
   * The age of the inventory replica from which devices are listed. Lookups of single devices are current.
   */
  readonly listingLagMs: number;
  /** How headers are written: as usual, with parameters and capitals in media types, or without `Date`. */
  readonly headers: "usual" | "parameters" | "dateless";
  /** How far the clock of a second replica is ahead (or, if negative, behind). Requests alternate at random. */
  readonly replicaAheadMs: number;
  /** The declared `health_latency_seconds`. */
  readonly latencySeconds: number;
  /** The longest time between a change and its publication, and between signing and sending. */
  readonly maxPublishMs: number;
  readonly maxConnectMs: number;
  /**
   * The share of deliveries that are sent twice. Either two replicas send the delivery at the same time, or
   * one replica sends it again after success.
   */
  readonly sentTwice: number;
  readonly sentAgain: number;
  readonly batching: boolean;
  readonly retryScheduleSeconds: readonly number[] | null;
  /** Device types that are not connectors: the cloud hears from the devices behind them directly. */
  readonly notConnectors: readonly string[];
  /** Whether the devices behind a connector change before the connector's own change is published. */
  readonly childrenFirst: boolean;
  /** Whether devices go online after their connector is online again, whatever their status was before. */
  readonly backOnline: boolean;
  /** The seconds between two changes that happen by themselves (0 for never), and what may change. */
  readonly unrestSeconds: number;
  readonly unrest: readonly Unrest[];
}

/**
 * Something that happens without a command. An `event` is the next one of a sequence of an optional family; an `outage`
 * disconnects a connector, or reconnects it.
 */
export type Unrest = "status" | "heartbeat" | "rename" | "move" | "estate" | "event" | "outage";

/** The campus without variations. */
export const PLAIN: Variation = {
  paths: { manifest: "", api: "", control: "" },
  http: "1.1",
  chunked: false,
  maxAnswerMs: 0,
  hiccupEvery: 0,
  commandsPerMinute: 0,
  ids: "uuid",
  order: "ascending",
  maxPageSize: 1000,
  fill: "full",
  totalCount: true,
  listingLagMs: 0,
  headers: "usual",
  replicaAheadMs: 0,
  latencySeconds: 5,
  maxPublishMs: 0,
  maxConnectMs: 0,
  sentTwice: 0,
  sentAgain: 0,
  batching: false,
  retryScheduleSeconds: null,
  notConnectors: [],
  childrenFirst: false,
  backOnline: false,
  unrestSeconds: 0,
  unrest: [],
};

/** Writes an id in another style; different UUIDs stay different ids. */
const ID_STYLES = {
  uuid: (uuid: string) => uuid,
  slash: (uuid: string) => uuid.replaceAll("-", "/"),
  percent: (uuid: string) => `100%-${uuid.replaceAll("-", "%2F")}%25`,
  emoji: (uuid: string) => `📷 é ${uuid}`,
  query: (uuid: string) => `a+b&c=${uuid}?#;:@`,
  prefixed: (uuid: string) => `urn:device:${uuid}`,
  long: (uuid: string) => uuid + "x".repeat(256 - uuid.length),
} as const;

const rankOf = (id: string): string => createHash("sha256").update(id).digest("hex");
const compareText = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Compares two ids in the order of listings. */
const ORDERS = {
  ascending: compareText,
  descending: (one: string, other: string) => compareText(other, one),
  scattered: (one: string, other: string) => compareText(rankOf(one), rankOf(other)),
} as const;

/** Returns the function that writes ids in the style of a variation. */
export const idWriter = ({ ids }: Pick<Variation, "ids">): ((uuid: string) => string) => ID_STYLES[ids];

/** Returns the function that compares ids in the order of a variation. */
export const idOrder = ({ order }: Pick<Variation, "order">): ((one: string, other: string) => number) =>
  ORDERS[order];

const PATHS: readonly [Variation["paths"], ...Variation["paths"][]] = [
  PLAIN.paths,
  { manifest: "/acme/cloud", api: "/acme/cloud", control: "/acme/cloud" },
  { manifest: "", api: "/api/vendor-cloud", control: "/lab" },
  { manifest: "/tenants/a.b~c", api: "", control: "/tenants/a.b~c/lab" },
];

const SCHEDULES: readonly [Variation["retryScheduleSeconds"], ...Variation["retryScheduleSeconds"][]] = [
  null,
  [5, 60, 600, 3600, 21_600, 86_400],
  [10, 30, 120, 600, 3600, 14_400, 43_200, 43_200],
  [2, 4, 8, 16, 60, 300, 3600, 21_600, 86_400],
];

/**
 * Varies a third of the members and leaves the others at their defaults, so that the cause of a failure is
 * easy to find.
 */
function drawMembers(random: SeededRandom): Variation {
  const isVaried = (name: string) => random.below(`varied/${name}`, 3) === 0;
  const draw = <Name extends keyof Variation>(
    name: Name,
    alternatives: readonly [Variation[Name], ...Variation[Name][]],
  ): Variation[Name] => (isVaried(name) ? random.pick(name, alternatives) : PLAIN[name]);
  const latencySeconds = draw("latencySeconds", [2, 10, 30]);
  const unrestSeconds = draw("unrestSeconds", [1, 5, 20]);
  const unrest =
    unrestSeconds === 0
      ? []
      : random.pick<readonly Unrest[]>("unrest", [
          ["status"],
          ["status", "heartbeat", "rename"],
          ["status", "heartbeat", "rename", "move", "estate"],
        ]);
  return {
    paths: draw("paths", PATHS),
    http: draw("http", ["1.0", "closing"]),
    chunked: draw("chunked", [true]),
    maxAnswerMs: draw("maxAnswerMs", [50, 400, 2000]),
    hiccupEvery: draw("hiccupEvery", [25, 60]),
    commandsPerMinute: draw("commandsPerMinute", [60, 300]),
    ids: draw("ids", ["slash", "percent", "emoji", "query", "prefixed", "long"]),
    order: draw("order", ["descending", "scattered"]),
    maxPageSize: draw("maxPageSize", [500]),
    fill: draw("fill", ["half", "gaps"]),
    // This cloud counts items before it reads the pages. PAGE-006 requires the exact number, so the count
    // must not include later changes.
    totalCount: !unrest.includes("estate") && draw("totalCount", [false]),
    listingLagMs: draw("listingLagMs", [1000, 5000]),
    headers: draw("headers", ["parameters", "dateless"]),
    replicaAheadMs: draw("replicaAheadMs", [2000, -2000]),
    latencySeconds,
    // A delivery may wait for the previous delivery of the same device, so the sum of both delays stays below
    // the declared latency.
    maxPublishMs: isVaried("maxPublishMs") ? latencySeconds * 400 : 0,
    maxConnectMs: isVaried("maxConnectMs") ? Math.min(3000, latencySeconds * 200) : 0,
    sentTwice: draw("sentTwice", [0.1, 0.5]),
    sentAgain: draw("sentAgain", [0.1, 0.5]),
    batching: draw("batching", [true]),
    retryScheduleSeconds: draw("retryScheduleSeconds", SCHEDULES),
    notConnectors: draw("notConnectors", [["recorder"], ["alarm_panel"], ["recorder", "alarm_panel"]]),
    childrenFirst: draw("childrenFirst", [true]),
    backOnline: draw("backOnline", [true]),
    unrestSeconds,
    unrest,
  };
}

/** Draws a variation. The same seed always gives the same variation. */
export const drawVariation = (seed: number): Variation => drawMembers(createSeededRandom(seed));

/** Returns the members in which a variation differs from the plain campus. */
export const differencesOf = (variation: Variation): Partial<Variation> =>
  Object.fromEntries(
    Object.entries(variation).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(PLAIN[name as keyof Variation]),
    ),
  );
