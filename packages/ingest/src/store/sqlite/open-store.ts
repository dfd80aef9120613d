import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { bindingReads } from "./bindings.ts";
import { changeReads } from "./changes.ts";
import { openForReading } from "./connection.ts";
import { deviceReads } from "./devices.ts";
import { eventReads } from "./events.ts";
import { integrationReads } from "./integrations.ts";
import { inventoryReads, LEASE_LOST } from "./inventory.ts";
import { maintenanceReads } from "./maintenance.ts";
import { mappingReads } from "./mappings.ts";
import { packEvent } from "./packed-events.ts";
import { refusedDeliveryReads } from "./refused-deliveries.ts";
import { syncReads } from "./syncs.ts";
import { tokenReads } from "./tokens.ts";
import { startWriter } from "./writer.ts";

/**
 * Opens the embedded store: a file, a thread that writes, and a connection that reads at the same time.
 *
 * @param file path of the database, created if missing
 * @param onGone called once nothing can be written until the server restarts
 * @throws {StoreError} `store_gone` if the file cannot be opened, or its schema is not one this server can use
 */
export async function openSqliteStore(file: string, onGone: (why: Error) => void): Promise<Store> {
  const writer = await startWriter(file, onGone);
  const database = openForReading(file);
  return {
    integrations: {
      ...integrationReads(database),
      add: (row) => writer.write("addIntegration", row),
      replace: (row) => writer.write("replaceIntegration", row),
    },
    bindings: {
      ...bindingReads(database),
      bind: (binding) => writer.write("bind", binding),
      unbind: (place, at) => writer.write("unbind", place, at),
    },
    mappings: {
      ...mappingReads(database),
      set: (integrationId, mapping, at) => writer.write("setMapping", integrationId, mapping, at),
      countUnmapped: (words, at) => writer.write("countUnmapped", words, at),
    },
    events: {
      ...eventReads(database),
      commit: (events) => writer.write("commitEvents", events.map(packEvent)),
    },
    inventory: {
      ...inventoryReads(database),
      stage: (staging, devices) => writer.write("stageDevices", staging, devices),
      stageGone: (staging, gone) => writer.write("stageGone", staging, gone),
      discard: (staging) => writer.write("discardStaged", staging),
      decideHeld: (integrationId, decision, at) => writer.write("decideHeld", integrationId, decision, at),
      async apply(staging, sites, policy, lease, at) {
        const applied = await writer.write("applyStaged", staging, sites, policy, lease, at);
        if (applied !== LEASE_LOST) return applied;
        throw new StoreError("lease_lost", "Lost the lease of this sync: another process has it.");
      },
    },
    devices: deviceReads(database),
    changes: {
      ...changeReads(database),
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
    refused: {
      ...refusedDeliveryReads(database),
      keep: (deliveries) => writer.write("keepRefused", deliveries),
    },
    tokens: {
      ...tokenReads(database),
      add: (token) => writer.write("addToken", token),
      remove: (tokenId) => writer.write("removeToken", tokenId),
    },
    maintenance: {
      ...maintenanceReads(database, file),
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
