import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createVendorClient, type VendorClient } from "@convergint/client";
import {
  deviceChangePageSchema,
  deviceSchema,
  eventCatalogSchema,
  eventSchemaOf,
  manifestSchema,
  orgSchema,
  problemSchema,
  siteSchema,
  webhookEndpointSchema,
} from "@convergint/schemas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const OPENAPI = fileURLToPath(new URL("../1.0/openapi.yaml", import.meta.url));
const PRISM = createRequire(import.meta.url).resolve("@stoplight/prism-cli/dist/index.js");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let prism: ChildProcess;
let origin: string;
let client: VendorClient;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  prism = spawn(process.execPath, [PRISM, "mock", "--host", "127.0.0.1", "--port", `${port}`, OPENAPI], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      log += chunk;
      if (log.includes("Prism is listening")) resolve();
    };
    prism.stdout?.on("data", read);
    prism.stderr?.on("data", read);
    prism.once("exit", (code) => reject(new Error(`Prism ended with ${code}: ${log}`)));
  });
  client = createVendorClient({
    baseUrl: origin,
    credential: { apiKey: "key-of-the-mock" },
    allowHosts: ["api.campus.example"],
    // The example manifest contains the vendor's host name; calls go to the host of the mock instead.
    fetch: (input, init) => {
      const request = new Request(input, init);
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(`${origin}${pathname}${search}`, request));
    },
  });
});

afterAll(async () => {
  const ended = once(prism, "exit");
  prism.kill();
  await ended;
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const read = [];
  for await (const item of items) read.push(item);
  return read;
}

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}${path}`, { headers: { authorization: "Bearer key-of-the-mock", ...headers } });

describe("a mock generated from only the OpenAPI document", () => {
  test("works as a vendor's cloud for the client", async () => {
    expect(manifestSchema.safeParse(await client.manifest()).error).toBeUndefined();
    const [orgs, sites, devices] = await Promise.all([
      all(client.orgs()),
      all(client.sites()),
      all(client.devices()),
    ]);
    for (const [schema, items] of [
      [orgSchema, orgs],
      [siteSchema, sites],
      [deviceSchema, devices],
    ] as const) {
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) expect(schema.safeParse(item).error).toBeUndefined();
    }
    expect(devices.every(({ site_id }) => sites.some((site) => site.site_id === site_id))).toBe(true);
    const [first] = devices;
    expect(await client.device(first?.device_id ?? "")).toEqual(first);
    expect(eventCatalogSchema.safeParse(await client.eventCatalog()).error).toBeUndefined();
    const endpoints = await client.webhookEndpoints();
    expect(endpoints.map(({ state }) => state)).toEqual(["active", "stopped"]);
    for (const endpoint of endpoints) expect(webhookEndpointSchema.safeParse(endpoint).error).toBeUndefined();
  });

  test("lists published events and changes", async () => {
    const events = await all(client.events({ after: "2026-11-23T08:30:00Z" }));
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(eventSchemaOf(event.type).safeParse(event).error).toBeUndefined();
    // The mock does not interpret `since`, so the request names the example to return.
    const changes = await get("/v1/devices?since=sync_7f31c0", { prefer: "example=changes" });
    expect(
      deviceChangePageSchema.parse(await changes.json()).data.map(({ lifecycle }) => lifecycle),
    ).toContain("removed");
  });

  test("answers a call without a credential with a problem", async () => {
    const answer = await fetch(`${origin}/v1/devices`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(problemSchema.parse(await answer.json()).code).toBe("unauthorized");
  });
});
