import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import {
  endOf,
  entriesOf,
  eventsOf,
  idsOf,
  isSuccess,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { HOUR_MS } from "./snapshot.ts";

/**
 * What a later run can use again from an earlier run. Times are by the suite's clock, in Unix milliseconds.
 */
export interface EarlierRun {
  readonly finishedAt: string;
  readonly token: {
    readonly at: string;
    readonly issuedAt: number;
    readonly since: string;
    /** A device that was listed with the token and removed afterwards; `null` if there is none. */
    readonly removed: string | null;
    readonly keptDays: number;
  } | null;
  readonly cursor: {
    readonly at: string;
    readonly issuedAt: number;
    /** The query that requested the second page of devices. */
    readonly query: Readonly<Record<string, string>>;
    readonly firstPage: readonly string[];
  } | null;
  readonly events: {
    readonly startedAt: number;
    readonly depthHours: number;
    /** Events that arrived as webhooks and that backfill lists. */
    readonly published: readonly { readonly at: string; readonly id: string; readonly time: number }[];
  } | null;
  /**
   * The names of values that the bundle does not contain, because they look like credentials and were
   * redacted.
   */
  readonly redacted: readonly string[];
}

/** The recorded run, with the placeholders that replaced secrets. */
interface Source {
  readonly record: EvidenceRecord;
  readonly placeholders: readonly string[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** Returns the listing with the sync token to use: if possible, one with a device that was removed afterwards. */
function chooseListing({
  parts,
}: Source["record"]): { readonly listing: Listing; readonly removed: string | null } | null {
  const unfiltered = (parts.sync?.changes ?? []).filter(
    ({ filter }) => Object.keys(filter ?? {}).length === 0,
  );
  const removed = unfiltered.find(({ kind, command }) => kind === "removed" && isSuccess(command));
  const added = unfiltered.find(
    ({ kind, deviceId, since }) =>
      (kind === "added" || kind === "changed") &&
      deviceId === removed?.deviceId &&
      idsOf(since, "device_id").includes(deviceId),
  );
  if (removed && added) return { listing: added.since, removed: removed.deviceId };
  const listing = parts.sync?.full ?? parts.devices?.listing;
  return listing ? { listing, removed: null } : null;
}

/** Reads the tokens, cursors and ids of a run, to use them in a later run. */
export function readEarlierRun({ record, placeholders, startedAt, finishedAt }: Source): EarlierRun {
  const { parts } = record;
  const manifest = parts.discovery ? objectOf(parts.discovery.manifest) : null;
  const redacted: string[] = [];
  /** Returns a text unless a secret in it was replaced. */
  const intact = (what: string, text: string | null): string | null => {
    if (text === null || !placeholders.some((placeholder) => text.includes(placeholder))) return text;
    redacted.push(what);
    return null;
  };

  const chosen = chooseListing(record);
  const last = chosen?.listing.pages.at(-1);
  const since = intact("the sync token", last ? textOf(objectOf(last), "sync_token") : null);
  const days = memberOf(manifest, "inventory")?.["tombstone_days"];

  const [first, second] = parts.paging?.inSmallPages.pages ?? [];
  const next = intact("the cursor", first ? textOf(objectOf(first), "next_cursor") : null);

  const depth = memberOf(manifest, "backfill")?.["depth_hours"];
  const listed = new Set(
    listOf(manifest, "event_types").flatMap(({ type, delivery }) =>
      Array.isArray(delivery) && delivery.includes("backfill") ? [String(type)] : [],
    ),
  );
  const published = [...(parts.health?.deliveries ?? []), ...(parts.lifecycle?.deliveries ?? [])].flatMap(
    (delivery) =>
      eventsOf(delivery).flatMap((event) => {
        const [id, time] = [textOf(event, "id"), Date.parse(textOf(event, "time") ?? "")];
        const isListed = listed.has(textOf(event, "type") ?? "");
        return id !== null && !Number.isNaN(time) && isListed
          ? [[id, { at: delivery.id, id, time }] as const]
          : [];
      }),
  );
  return {
    finishedAt: finishedAt.toISOString(),
    token:
      last && since !== null
        ? {
            at: last.id,
            issuedAt: endOf(last),
            since,
            removed: chosen?.removed ?? null,
            keptDays: Math.max(30, typeof days === "number" ? days : 0),
          }
        : null,
    cursor:
      first && second && next !== null
        ? {
            at: first.id,
            issuedAt: endOf(first),
            query: Object.fromEntries(new URL(second.request.url).searchParams),
            firstPage: entriesOf({ limit: null, pages: [first], end: "last_page" }).flatMap(
              ({ value }) => textOf(value, "device_id") ?? [],
            ),
          }
        : null,
    events:
      published.length > 0
        ? {
            startedAt: startedAt.getTime(),
            depthHours: Math.max(72, typeof depth === "number" ? depth : 0),
            published: [...new Map(published).values()],
          }
        : null,
    redacted,
  };
}

/**
 * Allows for the difference between the vendor's clock and the suite's clock, and for an event that is
 * published after its time.
 */
const MARGIN_MS = HOUR_MS / 2;

/** Returns the earliest time from which the vendor must still list events; `null` if it may have dropped all of them. */
export function earliestKept(events: NonNullable<EarlierRun["events"]>, now: number): number | null {
  const after = Math.max(events.startedAt, now - events.depthHours * HOUR_MS + MARGIN_MS);
  return events.published.some(({ time }) => time > after) ? after : null;
}
