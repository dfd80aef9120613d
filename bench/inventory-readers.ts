import { createVendorClient } from "@convergint/client";
import { devicePageSchema } from "@convergint/schemas";

/** Reads a whole inventory. @returns the number of devices */
export type InventoryReader = (baseUrl: string, limit: number) => Promise<number>;

/** The baseline: fetches, parses and validates each page, without checking the rules of pagination. */
const floor: InventoryReader = async (baseUrl, limit) => {
  let count = 0;
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`;
    const response = await fetch(`${baseUrl}/v1/devices?limit=${limit}${query}`);
    const { data, next_cursor } = devicePageSchema.parse(JSON.parse(await response.text()));
    count += data.length;
    cursor = next_cursor;
  } while (cursor !== null);
  return count;
};

const client: InventoryReader = async (baseUrl, limit) => {
  const vendor = createVendorClient({ baseUrl, credential: { apiKey: "bench" } });
  let count = 0;
  for await (const _ of vendor.devices({ limit })) count += 1;
  return count;
};

export const inventoryReaders = {
  "floor: fetch + parse + zod": floor,
  "@convergint/client": client,
} as const;
