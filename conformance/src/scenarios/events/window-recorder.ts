import type { Delivery, Exchange } from "../../evidence/exchange.ts";
import { isKeptDevice } from "../../evidence/observation.ts";
import { type Observation, type Poll, SESSION_IDS } from "../../evidence/observation-evidence.ts";
import { entriesOf, eventsOf, type JsonObject, memberOf, objectOf, textOf } from "../../evidence/read.ts";

/** What a window has recorded, so that a later run can continue it. Contains no secrets. */
export interface SavedWindow extends Pick<Observation, "periods" | "oneIn" | "polls"> {
  /** How many runs have recorded it. */
  readonly sessions: number;
  /** The deliveries to each endpoint. */
  readonly deliveries: readonly (readonly Delivery[])[];
}

/** How to watch a vendor that changes by itself. */
export interface Observe {
  /** How long to watch, without gaps and together with what was saved. */
  readonly durationMs: number;
  /**
   * The minimum numbers of changes and device types that the window has to show. If `types` is `null`, the number
   * depends on the inventory.
   */
  readonly goal: { readonly changes: number; readonly types: number | null };
  /** What earlier runs recorded; `null` for a new window. */
  readonly saved: SavedWindow | null;
  /** Keeps what was recorded so far. */
  readonly save: (window: SavedWindow) => Promise<void>;
}

/** Records a window, in bounded memory. */
export interface WindowRecorder {
  /** Adds what arrived at an endpoint. */
  readonly receive: (endpoint: number, arrived: readonly Delivery[]) => void;
  /** Begins to record a listing. */
  readonly beginPoll: (kind: "listing" | "changes") => PollRecorder;
  readonly addLookup: (exchange: Exchange) => void;
  /** Records that the suite is running at this time. @param now Unix milliseconds */
  readonly tick: (now: number) => void;
  /** Returns how long the window has been watched, in milliseconds. */
  readonly watchedMs: () => number;
  readonly read: () => SavedWindow;
}

/** Records one listing, page by page. */
interface PollRecorder {
  readonly addPage: (page: Exchange) => void;
  /** Keeps what was recorded. Call it only if the last page was read. @param endedAt when that page was complete */
  readonly end: (endedAt: string) => void;
  /** Keeps nothing of a listing that was not read to its end. */
  readonly drop: () => void;
}

/** The maximum number of kept deliveries. If there are more, only those of half the devices are kept. */
const MAX_DELIVERIES = 20_000;
const MAX_BASE64_CHARACTERS = 100_000_000;
/**
 * The lowest share of devices to keep. Below it, hardly any device is left, so the deliveries to drop are those
 * without a device.
 */
const MAX_ONE_IN = 2 ** 20;
/** How often the suite records that it is running, and how late such a record may be before it counts as a gap. */
export const TICK_MS = 5000;
const MAX_LATE_MS = 3000;

/** The headers of a delivery that belong to the contract. Others, such as a password, are not kept. */
const KEPT_HEADERS = [
  "content-type",
  "content-encoding",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
];
/** The members of a device that are compared. */
const MEMBERS = [
  ...["device_id", "org_id", "site_id", "type", "name", "parent_device_id"],
  ...["status", "status_reason", "status_observed_at"],
];
/** The members whose change is of interest. A heartbeat changes only `status_observed_at`. */
const COMPARED = MEMBERS.slice(1, -1);

/** A listing that is being recorded or was recorded. */
interface Draft {
  readonly kind: Poll["kind"];
  page: Exchange | null;
  snapshot: unknown;
  endedAt: string;
  readonly entries: Map<string, JsonObject>;
  /** Devices of interest that the listing lacks. */
  readonly absent: Set<string>;
}

/** The last reading of a device. */
interface Known {
  readonly key: string;
  readonly entry: JsonObject;
  readonly draft: Draft;
}

const devicesOf = (delivery: Delivery): string[] =>
  eventsOf(delivery).flatMap((event) => textOf(memberOf(event, "data"), "device_id") ?? []);

/**
 * Creates a recorder.
 *
 * @param saved what earlier runs recorded
 * @param maxDeliveries how many deliveries to keep at most
 */
export function createWindowRecorder(
  endpoints: number,
  saved: SavedWindow | null,
  maxDeliveries = MAX_DELIVERIES,
): WindowRecorder {
  const sessions = (saved?.sessions ?? 0) + 1;
  const rename = (id: string) => `${id.slice(0, 1)}${sessions * SESSION_IDS + Number(id.slice(1))}`;
  let oneIn = saved?.oneIn ?? 1;
  const deliveries = Array.from({ length: endpoints }, (_, index) => [...(saved?.deliveries[index] ?? [])]);
  const earlier = [...(saved?.polls ?? [])];
  const drafts = new Set<Draft>();
  const lookups: Poll[] = [];
  const periods = [...(saved?.periods ?? [])].map(({ from, to }) => ({
    from: Date.parse(from),
    to: Date.parse(to),
  }));
  let current: { readonly from: number; to: number } | null = null;
  const known = new Map<string, Known>();
  /** Devices with an event since a listing showed them. */
  let touched = new Set<string>();
  /** The last listing of all devices in this run. */
  let whole: { readonly draft: Draft; readonly ids: ReadonlySet<string> } | null = null;

  const isKept = (delivery: Delivery): boolean => {
    const devices = devicesOf(delivery);
    return devices.length === 0 || devices.some((id) => isKeptDevice(id, oneIn));
  };

  /** Halves the kept devices: drops half of the range of their ids' hashes, with everything recorded about them. */
  function halve(): void {
    oneIn *= 2;
    for (const [index, all] of deliveries.entries()) deliveries[index] = all.filter(isKept);
    for (const id of known.keys()) if (!isKeptDevice(id, oneIn)) known.delete(id);
    for (const { entries, absent } of drafts)
      for (const ids of [entries, absent])
        for (const id of ids.keys()) if (!isKeptDevice(id, oneIn)) ids.delete(id);
  }

  /** How much is kept. Counting all deliveries at each arrival would take longer than receiving them. */
  const countKept = () => {
    const all = deliveries.flat();
    return {
      number: all.length,
      characters: all.reduce((sum, { bodyBase64 }) => sum + bodyBase64.length, 0),
    };
  };
  let kept = countKept();

  function toPoll({ kind, page, snapshot, endedAt, entries, absent }: Draft): Poll[] {
    if (!page?.response || (kind === "changes" && entries.size + absent.size === 0)) return [];
    const { date, "content-type": mediaType } = page.response.headers;
    const response = {
      status: page.response.status,
      headers: { ...(date && { date }), ...(mediaType && { "content-type": mediaType }) },
      body: JSON.stringify({ snapshot, data: [...entries.values()] }),
    };
    const { earlier: _, ...first } = page;
    const exchange = { ...first, id: rename(page.id), response };
    return [{ kind, exchange, endedAt, ...(absent.size > 0 && { absent: [...absent] }) }];
  }

  return {
    receive(endpoint, arrived) {
      for (const delivery of arrived.filter(isKept)) {
        const headers = Object.fromEntries(
          KEPT_HEADERS.flatMap((name) => {
            const value = delivery.headers[name];
            return value === undefined ? [] : [[name, value]];
          }),
        );
        const { copyOf } = delivery;
        deliveries[endpoint]?.push({
          ...delivery,
          headers,
          id: rename(delivery.id),
          ...(copyOf !== undefined && { copyOf: rename(copyOf) }),
        });
        for (const id of devicesOf(delivery)) touched.add(id);
        kept = { number: kept.number + 1, characters: kept.characters + delivery.bodyBase64.length };
      }
      while (oneIn < MAX_ONE_IN && (kept.number > maxDeliveries || kept.characters > MAX_BASE64_CHARACTERS)) {
        halve();
        kept = countKept();
      }
    },

    beginPoll(kind) {
      const draft: Draft = {
        ...{ kind, page: null, snapshot: null, endedAt: "", entries: new Map(), absent: new Set() },
      };
      const due = touched;
      touched = new Set();
      const read = new Map<string, Known>();
      const tombstones = new Map<string, JsonObject>();
      return {
        addPage(page) {
          draft.page ??= page;
          draft.snapshot ??= memberOf(objectOf(page), "snapshot");
          for (const { value } of entriesOf({ limit: null, pages: [page], end: "last_page" })) {
            const id = textOf(value, "device_id");
            if (id === null || !isKeptDevice(id, oneIn)) continue;
            // SYNC-002 is about the whole record of a changed device.
            const entry =
              kind === "changes" ? value : Object.fromEntries(MEMBERS.map((name) => [name, value[name]]));
            if (value["lifecycle"] === "removed") tombstones.set(id, entry);
            else
              read.set(id, {
                key: JSON.stringify(COMPARED.map((name) => value[name] ?? null)),
                entry,
                draft,
              });
          }
        },
        end(endedAt) {
          draft.endedAt = endedAt;
          drafts.add(draft);
          const forget = (id: string) => {
            const before = known.get(id);
            if (before && drafts.has(before.draft)) before.draft.entries.set(id, before.entry);
            known.delete(id);
            due.delete(id);
          };
          for (const [id, entry] of tombstones) {
            forget(id);
            if (kind === "changes") draft.entries.set(id, entry);
            else draft.absent.add(id);
          }
          for (const [id, reading] of read) {
            const before = known.get(id);
            known.set(id, reading);
            const isNew = before === undefined && whole !== null && !whole.ids.has(id);
            if (isNew) whole?.draft.absent.add(id);
            const isChanged = before !== undefined && before.key !== reading.key;
            if (!due.delete(id) && !isChanged && !isNew) continue;
            draft.entries.set(id, reading.entry);
            // The last reading before the change is of interest too.
            if (before && drafts.has(before.draft)) before.draft.entries.set(id, before.entry);
          }
          for (const id of due) draft.absent.add(id);
          // A device missing from a listing of changes may just be unchanged; a device missing from a full listing is gone.
          if (kind === "changes") {
            for (const id of due) touched.add(id);
            return;
          }
          for (const id of known.keys()) {
            if (read.has(id)) continue;
            forget(id);
            draft.absent.add(id);
          }
          whole = { draft, ids: new Set(read.keys()) };
        },
        drop() {
          for (const id of due) touched.add(id);
        },
      };
    },

    addLookup(exchange) {
      lookups.push({
        kind: "lookup",
        exchange: { ...exchange, id: rename(exchange.id) },
        endedAt: exchange.startedAt,
      });
    },

    tick(now) {
      const lateMs = current ? now - current.to - TICK_MS : 0;
      if (current === null || lateMs > MAX_LATE_MS || now < current.to) {
        current = { from: now, to: now };
        periods.push(current);
      } else current.to = now;
    },

    watchedMs: () => periods.reduce((sum, { from, to }) => sum + to - from, 0),

    read: () => ({
      sessions,
      oneIn,
      periods: periods.map(({ from, to }) => ({
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      })),
      polls: [...earlier, ...[...drafts].flatMap(toPoll), ...lookups],
      deliveries,
    }),
  };
}
