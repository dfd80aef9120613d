import { type Store, StoreError } from "../store.ts";
import { prepareBindingReads } from "./bindings.ts";
import { prepareChangeReads } from "./changes.ts";
import { openForReading } from "./connection.ts";
import { prepareDeviceReads } from "./devices.ts";
import { prepareEventReads } from "./events.ts";
import { prepareIntegrationReads } from "./integrations.ts";
import { LEASE_LOST, prepareInventoryReads } from "./inventory.ts";
import { prepareMaintenanceReads } from "./maintenance.ts";
import { prepareMappingReads } from "./mappings.ts";
import { packEvent } from "./packed-events.ts";
import { prepareRefusedDeliveryReads } from "./refused-deliveries.ts";
import { prepareSyncReads } from "./syncs.ts";
import { prepareTokenReads } from "./tokens.ts";
import { startWriter } from "./writer.ts";

/**
 * Opens the embedded store, which has a file, a thread that writes, and a connection that reads at the same
 * time.
 *
 * @param file path of the database, created if missing
 * @param onGone called once nothing can be written until the server restarts
 * @throws {StoreError} `store_gone` if the file cannot be opened, or this server cannot use its schema
 */
export async function openSqliteStore(file: string, onGone: (why: Error) => void): Promise<Store> {
  const writer = await startWriter(file, onGone);
  const database = openForReading(file);
  return {
    integrations: {
      ...prepareIntegrationReads(database),
      add: (row) => writer.write("addIntegration", row),
      replace: (row) => writer.write("replaceIntegration", row),
    },
    bindings: {
      ...prepareBindingReads(database),
      bind: (binding) => writer.write("bind", binding),
      unbind: (place, at) => writer.write("unbind", place, at),
    },
    mappings: {
      ...prepareMappingReads(database),
      set: (integrationId, mapping, at) => writer.write("setMapping", integrationId, mapping, at),
      countUnmapped: (words, at) => writer.write("countUnmapped", words, at),
    },
    events: {
      ...prepareEventReads(database),
      commit: (events) => writer.write("commitEvents", events.map(packEvent)),
    },
    inventory: {
      ...prepareInventoryReads(database),
      stage: (staging, devices) => writer.write("stageDevices", staging, devices),
      stageGone: (staging, gone) => writer.write("stageGone", staging, gone),
      discard: (staging) => writer.write("discardStaged", staging),
      decideHeld: (integrationId, decision, at) => writer.write("decideHeld", integrationId, decision, at),
      async apply(staging, sites, policy, lease, at) {
        const applied = await writer.write("applyStaged", staging, sites, policy, lease, at);
        if (applied !== LEASE_LOST) return applied;
        throw new StoreError("lease_lost", "This sync lost its lease to another process.");
      },
    },
    devices: prepareDeviceReads(database),
    changes: {
      ...prepareChangeReads(database),
      saveSubscriber: (subscriber) => writer.write("saveSubscriber", subscriber),
      removeSubscriber: (subscriberId) => writer.write("removeSubscriber", subscriberId),
      advance: (subscriberId, sequence) => writer.write("advanceSubscriber", subscriberId, sequence),
    },
    syncs: {
      ...prepareSyncReads(database),
      saveState: (state) => writer.write("saveSyncState", state),
      record: (outcome) => writer.write("recordSync", outcome),
    },
    leases: {
      take: (name, owner, seconds) => writer.write("takeLease", name, owner, seconds),
      release: (name, owner) => writer.write("releaseLease", name, owner),
    },
    refused: {
      ...prepareRefusedDeliveryReads(database),
      keep: (deliveries) => writer.write("keepRefused", deliveries),
    },
    tokens: {
      ...prepareTokenReads(database),
      add: (token) => writer.write("addToken", token),
      remove: (tokenId) => writer.write("removeToken", tokenId),
    },
    maintenance: {
      ...prepareMaintenanceReads(database, file),
      dropEvents: (before, limit) => writer.write("dropEvents", before, limit),
      dropLedger: (before, limit) => writer.write("dropLedger", before, limit),
      dropChanges: (before, limit) => writer.write("dropChanges", before, limit),
    },
    // The writer thread merges waiting commits into one transaction: see MAX_ROWS_PER_TRANSACTION in writer-main.ts.
    commitsAtOnce: 16,
    async close() {
      database.close();
      await writer.close();
    },
  };
}
