import { randomUUID } from "node:crypto";
import { createVendorClient, type VendorClient } from "@convergint/client";
import { canonicalDeviceType, canonicalMacAddress, type Device, type Site } from "@convergint/schemas";
import type { Integration } from "../binding/integrations.ts";
import { observedBySnapshot } from "../status/observation.ts";
import type { Snapshot, StagedDevice, StoreWriter, SyncOutcome } from "../store/store.ts";

/** The page size asked for: large pages stall the event loop, small ones cost round trips. */
const PAGE_SIZE = 500;

function stage(device: Device, asOf: string, receivedAt: Date): StagedDevice {
  const { status } = device;
  return {
    device,
    type: canonicalDeviceType(device.type),
    macAddresses: (device.mac_addresses ?? []).flatMap((mac) => canonicalMacAddress(mac) ?? []),
    observation: status ? observedBySnapshot({ ...device, status }, asOf, receivedAt) : null,
  };
}

async function readSnapshot(integrationId: string, vendor: VendorClient, writer: StoreWriter) {
  const syncId = randomUUID();
  try {
    const sites: Site[] = [];
    for await (const site of vendor.sites()) sites.push(site);
    let snapshot: Snapshot | null = null;
    for await (const page of vendor.devicePages({ limit: PAGE_SIZE })) {
      snapshot ??= { syncId, integrationId, asOf: page.snapshot.as_of };
      const { asOf } = snapshot;
      const receivedAt = new Date();
      await writer.stageDevices(
        snapshot,
        page.data.map((device) => stage(device, asOf, receivedAt)),
      );
    }
    // A listing has at least one page, if an empty one.
    return await writer.applySnapshot(
      snapshot ?? { syncId, integrationId, asOf: new Date().toISOString() },
      sites,
    );
  } catch (error) {
    await writer.discardSnapshot({ syncId });
    throw error;
  }
}

/**
 * Polls a vendor's inventory once: staged page by page, applied as one when the last page has been read. Whatever
 * goes wrong on the way, the last good inventory stands.
 *
 * @returns how it ended; a failure is an outcome with its reason, not an error
 * @throws {StoreWriteError} where not even the outcome can be stored
 * @throws {VendorClientError} `aborted`, by the signal; then nothing is recorded
 * @see spec/1.0/contract.md#inventory
 */
export async function poll(
  integration: Integration,
  writer: StoreWriter,
  signal: AbortSignal,
): Promise<SyncOutcome> {
  const { integrationId, baseUrl, apiKey } = integration;
  const startedAt = new Date().toISOString();
  const finish = async (outcome: SyncOutcome["outcome"], devices: number, detail: string | null) => {
    const finished = {
      integrationId,
      startedAt,
      finishedAt: new Date().toISOString(),
      outcome,
      devices,
      detail,
    };
    await writer.recordSync(finished);
    return finished;
  };
  try {
    const vendor = createVendorClient({ baseUrl, credential: { apiKey }, signal });
    const { devices, vanished, held } = await readSnapshot(integrationId, vendor, writer);
    if (!held) return await finish("complete", devices, null);
    return await finish(
      "removals_held",
      devices,
      `${vanished} devices are gone from the vendor's inventory at once, more than a fifth: they are kept until a person has looked.`,
    );
  } catch (error) {
    // The server is stopping: that is no failure of the vendor, and the last outcome stands.
    if (signal.aborted) throw error;
    // What the store refuses of one listing is that listing's failure; a store that is gone fails again here.
    return finish("failed", 0, error instanceof Error ? error.message : String(error));
  }
}
