import type { Database } from "better-sqlite3";
import type { Place } from "../../domain/binding.ts";
import type { ChangeDraft } from "../../domain/change.ts";
import type { FeedItem, PlacedEvent } from "../../domain/feed.ts";
import type { DeviceMemory } from "./device-memory.ts";

type Value = string | number | null;

/** Each call of a statement has a fixed cost, which 16 rows share. */
const ROWS_PER_STATEMENT = 16;

/** Creates a function that inserts rows into a table, inside the caller's transaction. */
function createRowInserter<Row extends Readonly<Record<string, Value>>>(
  database: Database,
  table: string,
  columns: readonly (keyof Row & string)[],
): (rows: readonly Row[]) => void {
  const placeholders = `(${columns.map(() => "?").join(", ")})`;
  const prepare = (rows: number) =>
    database.prepare<Value[]>(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array.from({ length: rows }, () => placeholders).join(", ")}`,
    );
  const insertMany = prepare(ROWS_PER_STATEMENT);
  const insertOne = prepare(1);
  const valuesOf = (row: Row): Value[] => columns.map((column) => row[column] ?? null);
  return (rows) => {
    let next = 0;
    for (; next + ROWS_PER_STATEMENT <= rows.length; next += ROWS_PER_STATEMENT) {
      insertMany.run(...rows.slice(next, next + ROWS_PER_STATEMENT).flatMap(valuesOf));
    }
    for (const row of rows.slice(next)) insertOne.run(...valuesOf(row));
  };
}

/**
 * Creates a function that takes feed positions, inside the caller's transaction, and returns the first
 * position taken.
 */
function createPositions(database: Database): (count: number) => number {
  const last = database.prepare<[], number>("SELECT last FROM position").pluck();
  const advance = database.prepare("UPDATE position SET last = last + ?");
  return (count) => {
    const first = (last.get() ?? 0) + 1;
    if (count > 0) advance.run(count);
    return first;
  };
}

const toEventRow = (sequence: number, { event, deviceId }: PlacedEvent, place: Place) => ({
  sequence,
  integration_id: event.integrationId,
  customer_id: place.customerId,
  customer_site_id: place.customerSiteId,
  device_id: deviceId,
  received_at: event.receivedAt,
  released: 0,
  body: event.body,
});

const toQuarantinedRow = (sequence: number, { event, deviceId }: PlacedEvent) => ({
  sequence,
  integration_id: event.integrationId,
  org_id: event.orgId,
  site_id: event.siteId,
  device_id: deviceId,
  received_at: event.receivedAt,
  body: event.body,
});

const toChangeRow = (sequence: number, change: ChangeDraft, previous: number | null) => ({
  sequence,
  kind: change.kind,
  integration_id: change.integrationId,
  customer_id: change.place?.customerId ?? null,
  customer_site_id: change.place?.customerSiteId ?? null,
  device_id: change.deviceId,
  changed_at: change.changedAt,
  data: change.data,
  previous,
});

/**
 * Creates a function that appends items to the feed, inside the caller's transaction.
 *
 * @param memory contains the head of each device's history; the caller must save the devices that the items
 *   concern
 */
export function createFeedWriter(
  database: Database,
  memory: Pick<DeviceMemory, "device">,
): (items: readonly FeedItem[]) => void {
  const takePositions = createPositions(database);
  const insertEvents = createRowInserter<ReturnType<typeof toEventRow>>(database, "event", [
    ...(["sequence", "integration_id", "customer_id", "customer_site_id", "device_id"] as const),
    ...(["received_at", "released", "body"] as const),
  ]);
  const insertQuarantined = createRowInserter<ReturnType<typeof toQuarantinedRow>>(
    database,
    "quarantined_event",
    ["sequence", "integration_id", "org_id", "site_id", "device_id", "received_at", "body"],
  );
  const insertChanges = createRowInserter<ReturnType<typeof toChangeRow>>(database, "change", [
    ...(["sequence", "kind", "integration_id", "customer_id", "customer_site_id", "device_id"] as const),
    ...(["changed_at", "data", "previous"] as const),
  ]);

  /** Makes a status change the head of its device's history. @returns the previous head */
  function replaceHead(sequence: number, { kind, integrationId, deviceId }: ChangeDraft): number | null {
    if (kind !== "device_status" || deviceId === null) return null;
    const device = memory.device(integrationId, deviceId);
    const previous = device.lastStatusChange;
    device.lastStatusChange = sequence;
    return previous;
  }

  return (items) => {
    let sequence = takePositions(items.length);
    const events: ReturnType<typeof toEventRow>[] = [];
    const quarantined: ReturnType<typeof toQuarantinedRow>[] = [];
    const changes: ReturnType<typeof toChangeRow>[] = [];
    for (const item of items) {
      if (item.kind === "change") {
        changes.push(toChangeRow(sequence, item.change, replaceHead(sequence, item.change)));
      } else if (item.placed.place) {
        events.push(toEventRow(sequence, item.placed, item.placed.place));
      } else {
        quarantined.push(toQuarantinedRow(sequence, item.placed));
      }
      sequence += 1;
    }
    insertEvents(events);
    insertQuarantined(quarantined);
    insertChanges(changes);
  };
}
