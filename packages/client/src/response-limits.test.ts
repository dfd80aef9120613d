import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { all, failureOf } from "./testing/failure-of.ts";
import { type Answers, device, json, page, startVendor } from "./testing/vendor.ts";
import { createVendorClient, type VendorClient, type VendorClientOptions } from "./vendor-client.ts";

const CLIENT = { clientId: "client", clientSecret: "s3cret" };
const connect = (baseUrl: string, options: Partial<VendorClientOptions> = {}) =>
  createVendorClient({ baseUrl, credential: { apiKey: "key" }, timeoutSeconds: 2, ...options });

/** A megabyte of spaces, which JSON allows. As several members, it is one valid gzip stream of any length. */
const MEGABYTE = gzipSync(Buffer.alloc(1024 * 1024, " "));

/** Sends a compressed response that unpacks without end. @returns after the client has closed the connection */
async function sendEndlessly(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
  const more = () => {
    while (!response.destroyed && response.write(MEGABYTE));
  };
  response.on("drain", more);
  more();
  await once(response, "close");
}

describe("stops reading a response that unpacks without end", () => {
  test.each<[string, string, (vendor: VendorClient) => Promise<unknown>, string]>([
    ["a page", "/v1/devices", (vendor) => all(vendor.devices()), "maxResponseBytes"],
    ["a page of a backfill", "/v1/events", (vendor) => all(vendor.events()), "maxResponseBytes"],
    [
      "the answer to a registration",
      "/v1/webhook-endpoints",
      (vendor) => vendor.createWebhookEndpoint("https://a.example/"),
      "maxResponseBytes",
    ],
    ["a token response", "/oauth/token", (vendor) => all(vendor.orgs()), "maxItemBytes"],
    ["the manifest", "/.well-known/vendor-cloud", (vendor) => vendor.manifest(), "maxItemBytes"],
  ])("%s", async (_, path, call, limit) => {
    const closed: Promise<void>[] = [];
    const base = await startVendor(
      (_request, response) => {
        closed.push(sendEndlessly(response));
      },
      (at) => ({
        authentication: [{ scheme: "oauth2_client_credentials", token_url: `${at}/oauth/token` }],
        backfill: { depth_hours: 72 },
      }),
    );
    const isMeant = (url: unknown) => new URL(String(url)).pathname === path;
    const vendor = connect(base, {
      credential: CLIENT,
      fetch: async (url, init) => {
        if (path !== "/oauth/token" && String(url).endsWith("/oauth/token"))
          return Response.json({ access_token: "t", token_type: "bearer" });
        // startVendor answers the manifest's own path.
        return fetch(isMeant(url) ? `${base}/endless` : url, init);
      },
    });
    const error = await failureOf(() => call(vendor));
    expect(error.code).toBe("response_too_large");
    expect(error.message).toContain(`limits.${limit}`);
    await Promise.all(closed);
    // The call is not repeated, because the response would be the same again.
    expect(closed).toHaveLength(1);
  });
});

describe("limits the items of a page", () => {
  const many = (count: number) =>
    page(
      Array.from({ length: count }, (_, n) => `cam-${n}`),
      null,
    );

  test("to 2000", async () => {
    const base = await startVendor((_, response) => json(response, many(2001)));
    const error = await failureOf(() => all(connect(base).devices({ limit: 500 })));
    expect(error.code).toBe("too_many_items");
    expect(error.message).toMatch(/2001 items .* more than 2000, .* limits\.maxPageItems/);
  });

  test("to as many as the operator allows, or as the call asks for", async () => {
    const base = await startVendor((_, response) => json(response, many(4)));
    const vendor = connect(base, { limits: { maxPageItems: 3 } });
    expect((await failureOf(() => all(vendor.devices()))).code).toBe("too_many_items");
    expect((await failureOf(() => vendor.deviceListing())).code).toBe("too_many_items");
    expect(await all(vendor.devices({ limit: 4 }))).toHaveLength(4);
  });

  test("in lists that have no pages, too", async () => {
    const endpoint = { url: "https://a.example/", endpoint_id: "e", created_at: "2026-11-23T08:30:00Z" };
    const base = await startVendor((_, response) => json(response, { data: Array(4).fill(endpoint) }));
    const vendor = connect(base, { limits: { maxPageItems: 3 } });
    expect((await failureOf(() => vendor.webhookEndpoints())).code).toBe("too_many_items");
  });
});

describe("limits the size of one record", () => {
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const large = (attribute: string) =>
    JSON.stringify(page(["cam-1", "cam-2"], null)).replace(
      '"cam-2"',
      `"cam-2","attributes":{"a":${attribute}}`,
    );

  test.each<[string, string, RegExp]>([
    ["large", `"${"é".repeat(131_072)}"`, /item \/data\/1 of 262\d{3} bytes; the limit is 262144/],
    ["nested too deeply to be stored", deep, /item \/data\/1 that is nested too deeply/],
  ])("%s in a page", async (_, attribute, words) => {
    const base = await startVendor((_request, response) => response.end(large(attribute)));
    const error = await failureOf(() => all(connect(base).devices()));
    expect(error.code).toBe("item_too_large");
    expect(error.message).toMatch(words);
  });

  test("and accepts a smaller one, and whatever size the operator allows", async () => {
    const base = await startVendor((_, response) => response.end(large(`"${"x".repeat(300_000)}"`)));
    const vendor = connect(base, { limits: { maxItemBytes: 400_000 } });
    expect(await all(vendor.devices())).toHaveLength(2);
    const single = await startVendor((_, response) =>
      json(response, { ...device("d"), attributes: { a: "x".repeat(300_000) } }),
    );
    expect((await failureOf(() => connect(single).device("d"))).code).toBe("item_too_large");
  });
});

describe("shortens what a vendor says about a refusal", () => {
  const problem = (detail: string) => ({ title: "No", status: 403, code: "forbidden", detail });

  test("a long text, and control characters", async () => {
    const base = await startVendor((_, response) =>
      json(response, problem(`\u001b[2J${"x".repeat(50_000)}`), 403),
    );
    const error = await failureOf(() => connect(base).device("d"));
    expect(error.code).toBe("unauthorized");
    expect(error.message.length).toBeLessThan(800);
    expect(error.message).toContain("\ufffd[2Jxxx");
    expect(JSON.stringify(error.details).length).toBeLessThan(1000);
    expect(error.details.problem?.code).toBe("forbidden");
  });

  test.each<[string, Answers]>([
    ["5 MB", (_, response) => json(response, problem("x".repeat(5_000_000)), 403)],
    ["a text without end", (_, response) => void sendEndlessly(response)],
  ])("%s is not read: only the status counts", async (_, answers) => {
    const base = await startVendor((request, response, url) => {
      const { writeHead } = response;
      response.writeHead = ((_status: number, headers: object) =>
        writeHead.call(response, 403, headers as never)) as never;
      return answers(request, response, url);
    });
    const error = await failureOf(() => connect(base).device("d"));
    expect([error.code, error.details.problem]).toEqual(["unauthorized", undefined]);
    expect(error.message.length).toBeLessThan(300);
  });

  test("in a token response", async () => {
    const refusal = { error: "invalid_scope", error_description: `\u202e${"x".repeat(50_000)}` };
    const base = await startVendor(
      (_, response) => json(response, refusal, 400),
      (at) => ({ authentication: [{ scheme: "oauth2_client_credentials", token_url: `${at}/t` }] }),
    );
    const error = await failureOf(() => connect(base, { credential: CLIENT }).device("d"));
    expect(error.code).toBe("token_refused");
    expect(error.message).toMatch(/^.{0,100}\(invalid_scope: \ufffdx{499}…\).{0,150}$/);
  });
});

test.each(["maxResponseBytes", "maxPageItems", "maxItemBytes"])("refuses %s below 1", async (name) => {
  const error = await failureOf(async () => connect("https://vendor.example", { limits: { [name]: 0 } }));
  expect(error.code).toBe("invalid_option");
  expect(error.message).toContain(`limits.${name}`);
});
