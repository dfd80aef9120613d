import { createVendorClient } from "@convergint/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import { listed, startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS, openTestStore } from "../testing/stores.ts";
import { readFull } from "./listing.ts";

const [backend] = BACKENDS;
if (!backend) throw new Error("No store to test with.");
let store: Store;
beforeAll(async () => {
  await backend.start();
  store = await openTestStore(await backend.database());
});
afterAll(async () => {
  await store.close();
  await backend.stop();
});

test("yields to other work while it looks for vanished devices, however fast the store is", async () => {
  const vendor = await startVendor();
  vendor.devices = [listed("cam-1")];
  let turns = 0;
  const count = () => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const turnsAt: number[] = [];
  const listedIds = async () => {
    turnsAt.push(turns);
    return turnsAt.length > 50 ? [] : ["cam-1"];
  };
  const { baseUrl, apiKey } = vendor;
  const parts = {
    clock: systemClock,
    staging: { syncId: "sync", integrationId: "int_a" },
    vendor: createVendorClient({ baseUrl, credential: { apiKey } }),
    store: { inventory: store.inventory, devices: { ...store.devices, listedIds } },
  };
  expect(await readFull(parts, null)).toMatchObject({ devices: 1, vanished: 0, tooMany: false });
  clearImmediate(counting);
  expect(new Set(turnsAt).size).toBe(51);
  await vendor.close();
});
