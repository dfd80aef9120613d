import { idOfEntry } from "../../domain/inventory.ts";
import { DEVICES_PER_STEP } from "../inventory-store.ts";
import { type Store, StoreError } from "../store.ts";
import { prepareBindingReads } from "./bindings.ts";
import { prepareChangeReads } from "./changes.ts";
import { convertDiskFailures, openForReading } from "./connection.ts";
import { prepareDeviceReads } from "./devices.ts";
import { prepareEventReads } from "./events.ts";
import { prepareIntegrationReads } from "./integrations.ts";
import { LEASE_LOST, prepareInventoryReads } from "./inventory.ts";
import { INCOMPLETE } from "./listing.ts";
import { prepareMaintenanceReads } from "./maintenance.ts";
import { prepareMappingReads } from "./mappings.ts";
import { packEvent } from "./packed-events.ts";
import { prepareRefusedDeliveryReads } from "./refused-deliveries.ts";
import { prepareSyncReads } from "./syncs.ts";
import { prepareTokenReads } from "./tokens.ts";
import { startWriter } from "./writer.ts";

/** @throws {StoreError} `lease_lost` */
function requireLease<Result>(result: Result | typeof LEASE_LOST): Result {
  if (result !== LEASE_LOST) return result;
  throw new StoreError("lease_lost", "This sync lost its lease to another process.");
}

/**
 * Opens the embedded store, which has a file, a thread that writes, and a connection that reads at the same
 * time.
 *
 * @param file path of the database, created if missing
 * @param onGone called when writing has become impossible; only a restart of the server makes it possible again
 * @throws {StoreError} `store_gone` if the file cannot be opened, or this server cannot use its schema
 */
export async function openSqliteStore(file: string, onGone: (why: Error) => void): Promise<Store> {
  const writer = await startWriter(file, onGone);
  const database = openForReading(file);

  /** Runs the steps of a published listing until none is left. */
  async function complete(integrationId: string): Promise<void> {
    while (!(await writer.write("completePart", integrationId, DEVICES_PER_STEP)));
  }
  /** Completes the integration's listing if `write` cannot be done before. */
  async function whenComplete<Result>(
    integrationId: string,
    write: () => Promise<Result | typeof INCOMPLETE>,
  ): Promise<Result> {
    for (;;) {
      const result = await write();
      if (result !== INCOMPLETE) return result;
      await complete(integrationId);
    }
  }
  return {
    integrations: {
      ...convertDiskFailures(prepareIntegrationReads(database)),
      add: (row) => writer.write("addIntegration", row),
      replace: (row) => writer.write("replaceIntegration", row),
      remove: (integrationId, limit) => writer.write("removeIntegration", integrationId, limit),
    },
    bindings: {
      ...convertDiskFailures(prepareBindingReads(database)),
      bind: (binding) => whenComplete(binding.integrationId, () => writer.write("bind", binding)),
      unbind: (place, at) => whenComplete(place.integrationId, () => writer.write("unbind", place, at)),
    },
    mappings: {
      ...convertDiskFailures(prepareMappingReads(database)),
      set: (integrationId, mapping, at) =>
        whenComplete(integrationId, () => writer.write("setMapping", integrationId, mapping, at)),
      countUnmapped: (words, at) => writer.write("countUnmapped", words, at),
    },
    events: {
      ...convertDiskFailures(prepareEventReads(database)),
      commit: (events) => writer.write("commitEvents", events.map(packEvent)),
    },
    inventory: {
      ...convertDiskFailures(prepareInventoryReads(database)),
      // Passes entries as text, because copying objects to the writer thread takes longer.
      stage: (staging, entries) =>
        writer.write(
          "stage",
          staging,
          entries.map((entry) => ({ deviceId: idOfEntry(entry), staged: JSON.stringify(entry) })),
        ),
      stageSites: (staging, sites) => writer.write("stageSites", staging, sites),
      apply: async (staging, policy, lease, at, limit = DEVICES_PER_STEP) =>
        requireLease(await writer.write("applyPart", staging, policy, lease, at, limit)),
      tidy: async (integrationId, lease, limit = DEVICES_PER_STEP) =>
        requireLease(await writer.write("tidyPart", integrationId, lease, limit)),
      async decideHeld(integrationId, decision, at) {
        for (let devices = 0; ; ) {
          const decided = await whenComplete(integrationId, () =>
            writer.write("decideHeldPart", integrationId, decision, at, DEVICES_PER_STEP),
          );
          devices += decided;
          if (decided < DEVICES_PER_STEP) return { devices };
        }
      },
    },
    devices: convertDiskFailures(prepareDeviceReads(database)),
    changes: {
      ...convertDiskFailures(prepareChangeReads(database)),
      saveSubscriber: (subscriber) => writer.write("saveSubscriber", subscriber),
      removeSubscriber: (subscriberId) => writer.write("removeSubscriber", subscriberId),
      advance: (subscriberId, sequence) => writer.write("advanceSubscriber", subscriberId, sequence),
    },
    syncs: {
      ...convertDiskFailures(prepareSyncReads(database)),
      saveState: (state) => writer.write("saveSyncState", state),
      record: (outcome) => writer.write("recordSync", outcome),
    },
    leases: {
      take: (name, owner, seconds) => writer.write("takeLease", name, owner, seconds),
      release: (name, owner) => writer.write("releaseLease", name, owner),
    },
    refused: {
      ...convertDiskFailures(prepareRefusedDeliveryReads(database)),
      keep: (deliveries) => writer.write("keepRefused", deliveries),
    },
    tokens: {
      ...convertDiskFailures(prepareTokenReads(database)),
      add: (token) => writer.write("addToken", token),
      remove: (tokenId) => writer.write("removeToken", tokenId),
    },
    maintenance: {
      ...prepareMaintenanceReads(database, file, complete),
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
