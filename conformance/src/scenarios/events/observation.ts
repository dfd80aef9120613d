import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { declares, readDeviceTypes } from "../../evidence/manifest.ts";
import { DEFAULT_GOAL, describeShortage, summarizeWindow } from "../../evidence/observation.ts";
import type { Observation } from "../../evidence/observation-evidence.ts";
import { endOf, entriesOf, eventsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { latencyOf } from "./status-change.ts";
import { createWindowRecorder, type Observe, TICK_MS, type WindowRecorder } from "./window-recorder.ts";

/** ERR-006 guarantees one full listing in this time. */
const FULL_MS = 15 * 60_000;
/** How often to ask for changes between two full listings; each time costs one call. */
const LIGHT_MS = 60_000;
const LOOKUP_MS = 10_000;
/** How long to make only full listings after the vendor answered 429. */
const PAUSE_MS = FULL_MS;
/** How long a delivery may take, in addition to the latency. */
const TRANSIT_MS = 6000;
/** The maximum number of pages of one listing, which is more than any inventory has. */
const MAX_PAGES = 20_000;
/** A page size that every vendor supports. */
const MIN_PAGE_SIZE = 500;

/** What a listing gives to the next one. */
interface Listed {
  /** The token for the changes since this listing; `null` if there is none. */
  readonly token: string | null;
  /** The `ETag` of a listing that had only one page; `null` otherwise. */
  readonly etag: string | null;
  readonly isOnePage: boolean;
}

const isRateLimited = ({ response, earlier = [] }: Exchange): boolean =>
  [response, ...earlier.map((each) => each.response)].some((each) => each?.status === 429);

/** Reads listings page by page, so that no listing is in memory as a whole. */
export function createLister(
  discovery: Evidence["discovery"],
  { patientRecorder }: Pick<Drive, "patientRecorder">,
  window: WindowRecorder,
) {
  const inventory = memberOf(objectOf(discovery.manifest), "inventory");
  const declared = inventory?.["max_page_size"];
  const limit = String(typeof declared === "number" && declared > MIN_PAGE_SIZE ? declared : MIN_PAGE_SIZE);
  let wasRateLimited = false;

  /** @returns `null` if the listing could not be read to its end, or if nothing has changed */
  async function list(
    kind: "listing" | "changes",
    purpose: string,
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Listed | null> {
    const poll = window.beginPoll(kind);
    const cursors = new Set<string>();
    let first: Exchange | null = null;
    for (let cursor: string | null = null; cursors.size < MAX_PAGES; ) {
      const page: Exchange = await patientRecorder.call({
        purpose: `${purpose}, page ${cursors.size + 1}`,
        url: apiUrl(discovery, "/v1/devices", { ...query, limit, ...(cursor !== null && { cursor }) }),
        ...(cursor === null && { headers }),
      });
      wasRateLimited ||= isRateLimited(page);
      first ??= page;
      const body = page.response?.status === 200 ? objectOf(page) : null;
      if (!body || !Array.isArray(body["data"])) break;
      poll.addPage(page);
      const next = textOf(body, "next_cursor");
      if (next === null || next === "") {
        poll.end(new Date(endOf(page)).toISOString());
        const isOnePage = first === page;
        const etag = isOnePage ? (page.response?.headers["etag"] ?? null) : null;
        return { token: textOf(body, "sync_token"), etag, isOnePage };
      }
      if (cursors.has(next)) break;
      cursors.add(next);
      cursor = next;
    }
    poll.drop();
    return null;
  }

  const offers = (capability: string) => declares(objectOf(discovery.manifest), `inventory.${capability}`);
  let last: Listed | null = null;
  return {
    /** Lists everything. */
    async all(): Promise<void> {
      last = await list("listing", "list all devices", {});
    },
    /** Asks what has changed, if one call can answer that. */
    async changes(): Promise<void> {
      if (last?.token && offers("incremental_sync")) {
        const listed = await list("changes", "list the devices that changed", { since: last.token });
        last = { ...last, token: listed?.token ?? null };
      } else if (last?.isOnePage) {
        const condition = offers("conditional_requests") && last.etag ? { "if-none-match": last.etag } : {};
        last = (await list("listing", "list all devices", {}, condition)) ?? last;
      }
    },
    /** Tells whether the vendor answered 429 since the last question. */
    takeRateLimit(): boolean {
      const was = wasRateLimited;
      wasRateLimited = false;
      return was;
    },
  };
}

/** Records at regular intervals that the suite is running. @returns a function that ends the recording */
export function startTicks({ clock }: Pick<Drive, "clock">, { tick }: WindowRecorder): () => void {
  let cancel = () => {};
  const next = () => {
    tick(clock.now());
    cancel = clock.setTimer(next, TICK_MS);
  };
  next();
  return () => {
    cancel();
    tick(clock.now());
  };
}

/** Watches the inventory and the endpoints until the window is long enough. */
async function watch(
  discovery: Evidence["discovery"],
  drive: Drive,
  { durationMs, save }: Observe,
  { window, read }: { readonly window: WindowRecorder; readonly read: () => Observation },
): Promise<void> {
  const { clock, receiver, patientRecorder, signal, handRegistered } = drive;
  const lister = createLister(discovery, drive, window);
  const [first] = handRegistered;
  let [fullAt, lightAt, lookupAt] = [clock.now(), Number.POSITIVE_INFINITY, clock.now()];

  /** Records the deliveries that have arrived since the last call. @returns the device of the last status event, if any */
  const receive = (): string | null => {
    const arrived = handRegistered.map(({ destination }) => receiver.take(destination));
    for (const [index, deliveries] of arrived.entries()) window.receive(index, deliveries);
    const events = arrived.flat().flatMap(eventsOf);
    return (
      events.map((event) => textOf(memberOf(event, "data"), "device_id")).findLast((id) => id !== null) ??
      null
    );
  };
  const lookUp = async (deviceId: string) => {
    const url = apiUrl(discovery, `/v1/devices/${segment(deviceId)}`);
    const exchange = await patientRecorder.call({ purpose: "look up a device right after its event", url });
    lookupAt = clock.now() + (isRateLimited(exchange) ? PAUSE_MS : LOOKUP_MS);
    if (exchange.response?.status === 200) window.addLookup(exchange);
  };
  const say = () => {
    const observation = read();
    const summary = summarizeWindow(observation, discovery.manifest);
    const shortage = describeShortage(summary, observation.goal);
    const hours = `${summary.hours.toFixed(1)} of ${(durationMs / 3_600_000).toFixed(1)} h`;
    const arrived = observation.endpoints.map(({ deliveries }) => deliveries.length).join(" and ");
    drive.progress(
      `${hours}; ${arrived} webhooks; ${shortage ?? `${summary.changes} changes, which are enough`}`,
    );
  };
  const isOver = () => window.watchedMs() >= durationMs;
  while (!isOver()) {
    const now = clock.now();
    if (now >= fullAt) {
      await lister.all();
      [fullAt, lightAt] = [now + FULL_MS, clock.now() + LIGHT_MS];
      receive();
      say();
      await save(window.read());
    } else if (now >= lightAt) {
      await lister.changes();
      lightAt = clock.now() + LIGHT_MS;
    }
    if (lister.takeRateLimit()) lightAt = clock.now() + PAUSE_MS;
    const rest = durationMs - window.watchedMs();
    const seconds = Math.max(1, Math.min(fullAt - clock.now(), lightAt - clock.now(), rest)) / 1000;
    const isSomething = (deliveries: readonly unknown[]) => deliveries.length > 0;
    if (first) await receiver.waitUntil(first.destination, isSomething, { seconds, signal });
    signal.throwIfAborted();
    const deviceId = receive();
    if (deviceId !== null && clock.now() >= lookupAt) await lookUp(deviceId);
  }
  // Events of the last changes may still be on their way.
  await lister.all();
  const seconds = (latencyOf(discovery) * 1000 + TRANSIT_MS) / 1000;
  if (first) await receiver.waitUntil(first.destination, () => false, { seconds, signal });
  receive();
  say();
}

/** Counts the listed device types whose devices have status events. */
function countEventTypes({ manifest }: Evidence["discovery"], { listing }: Evidence["devices"]): number {
  const sources = readDeviceTypes(manifest);
  const listed = new Set(entriesOf(listing).map(({ value }) => textOf(value, "type") ?? ""));
  return [...listed].filter((type) => sources.get(type)?.includes("events")).length;
}

/** Watches what the vendor's devices do by themselves. Only reads. */
export const observation = scenario(
  "observation",
  "Watch what the devices do by themselves",
  ["discovery", "devices"],
  async ({ discovery, devices }, drive): Promise<Observation> => {
    const { observe, handRegistered } = drive;
    if (!observe)
      throw new CannotDriveError("this run did not watch; give the length of the window with --observe");
    if (handRegistered.length === 0)
      throw new CannotDriveError(
        "no endpoint was given; register a URL at the vendor and pass --endpoint-url",
      );
    const window = createWindowRecorder(handRegistered.length, observe.saved);
    const latencySeconds = latencyOf(discovery);
    const goal = {
      changes: observe.goal.changes,
      types:
        observe.goal.types ?? Math.max(1, Math.min(DEFAULT_GOAL.types, countEventTypes(discovery, devices))),
    };
    const read = (): Observation => {
      const { deliveries, periods, oneIn, polls } = window.read();
      const endpoints = handRegistered.map((each, index) => ({
        ...each,
        deliveries: deliveries[index] ?? [],
      }));
      return { latencySeconds, goal, periods, oneIn, polls, endpoints };
    };
    const stop = startTicks(drive, window);
    try {
      await watch(discovery, drive, observe, { window, read });
    } finally {
      stop();
      await observe.save(window.read());
    }
    return read();
  },
  { changes: "nothing" },
);
