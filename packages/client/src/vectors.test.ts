import { readFile } from "node:fs/promises";
import type { DeviceChange, Page } from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import { VendorClientError } from "./errors.ts";
import { all } from "./testing/failure-of.ts";
import { json, startVendor } from "./testing/vendor.ts";
import { createVendorClient, type VendorClient } from "./vendor-client.ts";

interface Walk {
  readonly name: string;
  readonly listing: keyof typeof READERS;
  readonly answers: readonly { readonly cursor: string | null; readonly page: unknown }[];
  readonly conclusion: "complete" | "broken";
  readonly ids?: readonly string[];
  readonly removed_ids?: readonly string[];
  readonly sync_token?: string;
  readonly code?: string;
}

const { cases } = JSON.parse(
  await readFile(new URL("../../../spec/1.0/vectors/pagination.json", import.meta.url), "utf8"),
) as { cases: Walk[] };

/** Collects the result of a listing. */
async function ofPages(pages: AsyncIterable<Page<DeviceChange>>) {
  const read = await all(pages);
  const items = read.flatMap(({ data }) => data);
  const idsOf = (removed: boolean) =>
    items.filter(({ lifecycle }) => (lifecycle === "removed") === removed).map(({ device_id }) => device_id);
  return { ids: idsOf(false), removed_ids: idsOf(true), sync_token: read.at(-1)?.sync_token ?? undefined };
}

/** The path of each listing, and how to read it. */
const READERS = {
  orgs: {
    path: "/v1/orgs",
    read: async (client: VendorClient) => ({ ids: (await all(client.orgs())).map(({ org_id }) => org_id) }),
  },
  sites: {
    path: "/v1/sites",
    read: async (client: VendorClient) => ({
      ids: (await all(client.sites())).map(({ site_id }) => site_id),
    }),
  },
  devices: {
    path: "/v1/devices",
    read: async (client: VendorClient) => {
      const { removed_ids: _, ...rest } = await ofPages(client.devicePages());
      return rest;
    },
  },
  device_changes: {
    path: "/v1/devices",
    read: (client: VendorClient) => ofPages(client.deviceChangePages({ since: "sync_0" })),
  },
  events: {
    path: "/v1/events",
    read: async (client: VendorClient) => ({ ids: (await all(client.events())).map(({ id }) => id) }),
  },
} as const;

const offering = () => ({
  inventory: { max_page_size: 500, incremental_sync: true, tombstone_days: 30, conditional_requests: false },
  backfill: { depth_hours: 72 },
});

test("has complete and broken walks", () => {
  expect(cases.filter(({ conclusion }) => conclusion === "complete").length).toBeGreaterThan(10);
  expect(cases.filter(({ conclusion }) => conclusion === "broken").length).toBeGreaterThan(10);
});

describe.each(cases)("$name", ({ listing, answers, conclusion, ids, removed_ids, sync_token, code }) => {
  test("matches the conclusion of the client", async () => {
    const { path, read } = READERS[listing];
    const asked: (string | null)[] = [];
    const baseUrl = await startVendor((_, response, url) => {
      const cursor = url.searchParams.get("cursor");
      asked.push(cursor);
      const answer = url.pathname === path && answers.find((each) => each.cursor === cursor);
      return answer ? json(response, answer.page) : response.writeHead(404).end();
    }, offering);
    const client = createVendorClient({ baseUrl, credential: { apiKey: "key" }, timeoutSeconds: 2 });
    const concluded = await read(client).then(
      (complete) => ({ conclusion: "complete", ...complete }),
      (error: unknown) => {
        if (!(error instanceof VendorClientError)) throw error;
        return { conclusion: "broken", code: error.code };
      },
    );
    expect(concluded).toEqual({ conclusion, code, ids, removed_ids, sync_token });
    if (conclusion === "complete") expect(asked).toEqual(answers.map(({ cursor }) => cursor));
  });
});
