import { statSync } from "node:fs";
import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { openForReading } from "./open.ts";
import { packEvent } from "./packed-events.ts";
import { refusedReads, tokenReads } from "./reads/access.ts";
import { deviceReads } from "./reads/devices.ts";
import { exported } from "./reads/export.ts";
import { feedReads } from "./reads/feed.ts";
import { integrationReads } from "./reads/integrations.ts";
import { mappingReads } from "./reads/mappings.ts";
import { placeReads } from "./reads/places.ts";
import { syncReads } from "./reads/syncs.ts";
import { startWriter } from "./writer.ts";
import { LEASE_LOST } from "./writes/inventory.ts";

/** Bytes of the write-ahead log; 0 where there is none yet. */
function walBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Opens the embedded store: a file, a thread that writes, and a connection that reads beside it.
 *
 * @param file path of the database; made where there is none
 * @param onGone told when nothing can be written any more
 * @throws {StoreError} `store_gone` where the file cannot be opened, or is newer than this server
 */
export async function openSqliteStore(file: string, onGone: (why: Error) => void): Promise<Store> {
  const writer = await startWriter(file, onGone);
  const database = openForReading(file);
  const feed = feedReads(database);
  const places = placeReads(database);
  const sizes = database.prepare<[], { events: number; quarantinedEvents: number }>(
    // Positions are close enough: to count a table is to read it.
    `SELECT coalesce((SELECT max(sequence) - min(sequence) + 1 FROM event), 0) AS events,
            (SELECT count(*) FROM quarantined_event) AS quarantinedEvents`,
  );

  return {
    integrations: {
      ...integrationReads(database),
      add: (row) => writer.write("addIntegration", row),
      replace: (row) => writer.write("replaceIntegration", row),
    },
    bindings: {
      all: places.all,
      unbound: places.unbound,
      bind: (binding) => writer.write("bind", binding),
      unbind: (place, at) => writer.write("unbind", place, at),
    },
    mappings: {
      ...mappingReads(database),
      set: (integrationId, mapping, at) => writer.write("setMapping", integrationId, mapping, at),
      countUnmapped: (words, at) => writer.write("countUnmapped", words, at),
    },
    events: {
      list: feed.list,
      commit: (events) => writer.write("commitEvents", events.map(packEvent)),
    },
    inventory: {
      heldRemovals: places.heldRemovals,
      stage: (staging, devices) => writer.write("stageDevices", staging, devices),
      stageGone: (staging, gone) => writer.write("stageGone", staging, gone),
      discard: (staging) => writer.write("discardStaged", staging),
      decideHeld: (integrationId, decision, at) => writer.write("decideHeld", integrationId, decision, at),
      async apply(staging, sites, vanished, lease, at) {
        const applied = await writer.write("applyStaged", staging, sites, vanished, lease, at);
        if (applied !== LEASE_LOST) return applied;
        throw new StoreError("lease_lost", "Another process has taken this sync over.");
      },
    },
    devices: deviceReads(database),
    changes: {
      read: feed.read,
      history: feed.history,
      last: feed.last,
      first: feed.first,
      subscribers: feed.subscribers,
      saveSubscriber: (subscriber) => writer.write("saveSubscriber", subscriber),
      removeSubscriber: (subscriberId) => writer.write("removeSubscriber", subscriberId),
      advance: (subscriberId, sequence) => writer.write("advanceSubscriber", subscriberId, sequence),
    },
    syncs: {
      ...syncReads(database),
      saveState: (state) => writer.write("saveSyncState", state),
      record: (outcome) => writer.write("recordSync", outcome),
    },
    leases: {
      take: (name, owner, seconds) => writer.write("takeLease", name, owner, seconds),
      release: (name, owner) => writer.write("releaseLease", name, owner),
    },
    refused: { ...refusedReads(database), keep: (deliveries) => writer.write("keepRefused", deliveries) },
    tokens: {
      ...tokenReads(database),
      add: (token) => writer.write("addToken", token),
      remove: (tokenId) => writer.write("removeToken", tokenId),
    },
    maintenance: {
      dropEvents: (before, limit) => writer.write("dropEvents", before, limit),
      dropLedger: (before, limit) => writer.write("dropLedger", before, limit),
      dropChanges: (before, limit) => writer.write("dropChanges", before, limit),
      async size() {
        const { events = 0, quarantinedEvents = 0 } = sizes.get() ?? {};
        return { events, quarantinedEvents, walBytes: walBytes(file) };
      },
      export: () => exported(() => openForReading(file)),
    },
    // One thread writes, and takes together what waits for it.
    commitsAtOnce: 16,
    async close() {
      database.close();
      await writer.close();
    },
  };
}
