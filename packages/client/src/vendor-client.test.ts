import { glob, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { failureOf } from "./testing/failure-of.ts";
import { type Answers, device, json, startVendor } from "./testing/vendor.ts";
import { createVendorClient } from "./vendor-client.ts";

const client = (baseUrl: string, options = {}) =>
  createVendorClient({ baseUrl, credential: { apiKey: "key" }, timeoutSeconds: 2, ...options });

describe("throws a typed error", () => {
  test.each<[string, Answers]>([
    ["unauthorized", (_, response) => json(response, {}, 401)],
    ["not_found", (_, response) => json(response, {}, 404)],
    ["refused", (_, response) => json(response, {}, 500)],
    ["refused", (_, response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end()],
    ["not_json", (_, response) => response.writeHead(200).end("<html>Welcome</html>")],
    ["rate_limited", (_, response) => response.writeHead(429, { "retry-after": "3600" }).end()],
    ["unreachable", (request) => request.socket.destroy()],
    ["timeout", () => {}],
  ])("%s", async (code, answers) => {
    const base = await startVendor(answers);
    const error = await failureOf(() => client(base, { timeoutSeconds: 0.3 }).device("d"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/[.?]$/);
  });

  test("unreachable for a dead port, and tries again on the next call", async () => {
    const dead = client("http://127.0.0.1:9");
    expect((await failureOf(() => dead.manifest())).code).toBe("unreachable");
    expect((await failureOf(() => dead.device("d"))).code).toBe("unreachable");
  });

  test("and does not cache a failure to read the manifest", async () => {
    const base = await startVendor((_, response) => json(response, device("d")));
    let calls = 0;
    const vendor = client(base, {
      fetch: (...call: Parameters<typeof fetch>) => {
        calls += 1;
        return calls === 1 ? Promise.resolve(new Response("", { status: 500 })) : fetch(...call);
      },
    });
    expect((await failureOf(() => vendor.device("d"))).code).toBe("refused");
    expect((await vendor.device("d")).device_id).toBe("d");
    await vendor.device("d");
    expect(calls).toBe(4);
  });

  test("aborted if the client's signal is aborted", async () => {
    const abort = new AbortController();
    const base = await startVendor(() => abort.abort());
    const error = await failureOf(() => client(base, { signal: abort.signal }).device("d"));
    expect(error.code).toBe("aborted");
  });

  test("with the vendor's Retry-After if it is too long to wait", async () => {
    const base = await startVendor((_, response) => response.writeHead(503, { "retry-after": "60" }).end());
    const error = await failureOf(() => client(base).device("d"));
    expect(error.details).toMatchObject({ status: 503, retryAfterSeconds: 60 });
  });

  test("with the vendor's problem, if it sends one", async () => {
    const problem = { title: "Unknown site", status: 404, detail: "No such site", code: "unknown_site" };
    const base = await startVendor((_, response) => json(response, problem, 404));
    const error = await failureOf(() => client(base).device("d"));
    expect(error.details.problem).toEqual(problem);
    expect(error.message).toContain("No such site");
  });

  test("with the invalid field of a payload and its requirement", async () => {
    const base = await startVendor((_, response) => json(response, { ...device("d"), status: "Online" }));
    const error = await failureOf(() => client(base).device("d"));
    expect(error.details.fields).toMatchObject([{ pointer: "/status", requirement: "INV-001" }]);
    expect(error.message).toMatch(/\/status: .*\(INV-001\)/);
  });
});

test("manages webhook destinations", async () => {
  const endpoint = { url: "https://consumer.example/", endpoint_id: "e", created_at: "2026-11-23T08:30:00Z" };
  const rotated = { secret: "whsec_c2VjcmV0", previous_expires_at: "2026-11-24T08:30:00Z" };
  const calls: string[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    "POST /v1/webhook-endpoints": { ...endpoint, secret: "whsec_c2VjcmV0" },
    "GET /v1/webhook-endpoints": { data: [endpoint] },
    "POST /v1/webhook-endpoints/e/rotate-secret": rotated,
    "POST /v1/webhook-endpoints/e/ping": { event_id: "evt_1" },
    "DELETE /v1/webhook-endpoints/e": null,
  };
  const base = await startVendor((request, response, url) => {
    const call = `${request.method} ${url.pathname}`;
    calls.push(call);
    if (answers[call] === null) response.writeHead(204).end();
    else json(response, answers[call]);
  });
  const vendor = client(base);
  expect(await vendor.createWebhookEndpoint("https://consumer.example/")).toMatchObject({ endpoint_id: "e" });
  expect(await vendor.webhookEndpoints()).toEqual([endpoint]);
  expect(await vendor.rotateWebhookSecret("e")).toEqual(rotated);
  expect(await vendor.pingWebhookEndpoint("e")).toEqual({ event_id: "evt_1" });
  await vendor.deleteWebhookEndpoint("e");
  expect(calls).toEqual(Object.keys(answers));
});

test("reads the event catalogue", async () => {
  const entry = {
    type: "com.convergint.device.status_changed.v1",
    family: "health",
    version: "1",
    description: "The status of a device changed.",
    device_types: ["camera"],
    delivery: ["webhook"],
  };
  const base = await startVendor((_, response) => json(response, { data: [entry] }));
  expect((await client(base).eventCatalog()).data).toEqual([entry]);
});

test("the client needs only fetch, and no Node API", async () => {
  const files: string[] = [];
  for await (const file of glob("*.ts", { cwd: import.meta.dirname })) {
    if (!file.endsWith(".test.ts")) files.push(file);
  }
  expect(files).toContain("vendor-client.ts");
  for (const file of files) {
    const source = await readFile(`${import.meta.dirname}/${file}`, "utf8");
    expect(source, file).not.toMatch(/from "node:|\b(?:Buffer|process|require)\b[.(]/);
  }
});
