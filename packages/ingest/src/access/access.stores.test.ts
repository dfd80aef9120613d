import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Onboarded, startOnboarded } from "../testing/onboarded.ts";
import { ADMIN_TOKEN, call } from "../testing/running-server.ts";

let at: Onboarded;
beforeAll(async () => {
  at = await startOnboarded();
});
afterAll(() => at.close());

const as = (token: string, method: string, path: string, body?: unknown) =>
  call(`${at.server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
const create = async (role: string) => (await at.server.post("/v1/tokens", { name: `a ${role}`, role })).body;

describe("a token", () => {
  test("with the role read can read, and change nothing", async () => {
    const { token, token_id } = await create("read");
    expect((await as(token, "GET", "/v1/devices")).status).toBe(200);
    expect((await as(token, "GET", "/v1/feed")).status).toBe(200);
    for (const [method, path, body] of [
      ["POST", "/v1/tokens", { name: "mine", role: "admin" }],
      ["GET", "/v1/tokens", undefined],
      ["DELETE", `/v1/tokens/${token_id}`, undefined],
      ["POST", `/v1/integrations/${at.integrationId}/sync`, undefined],
      ["POST", `/v1/integrations/${at.integrationId}/rotate-secret`, {}],
      ["PUT", `/v1/integrations/${at.integrationId}/bindings`, { org_id: "org", customer_id: "me" }],
      ["PUT", `/v1/integrations/${at.integrationId}/mapping`, {}],
      ["POST", "/v1/subscribers", { url: "https://me.example" }],
    ] as const) {
      const { status, body: answer } = await as(token, method, path, body);
      expect({ method, path, status, code: answer?.code }).toEqual({
        method,
        path,
        status: 403,
        code: "forbidden",
      });
    }
  });

  test("with the role admin can make every call until it is revoked", async () => {
    const { token, token_id } = await create("admin");
    expect((await as(token, "GET", "/v1/tokens")).status).toBe(200);
    expect((await as(token, "DELETE", `/v1/tokens/${token_id}`)).status).toBe(204);
    expect((await as(token, "GET", "/v1/devices")).status).toBe(401);
    expect((await at.server.send("DELETE", `/v1/tokens/${token_id}`)).body.code).toBe("unknown_token");
  });

  test("is shown once, and never listed", async () => {
    const { token } = await create("read");
    expect((await at.server.get("/v1/tokens")).text).not.toContain(token);
    expect(token).toMatch(/^cvt_[\w-]{43}$/);
  });
});

describe("the server", () => {
  test("describes every call it serves in an OpenAPI document", async () => {
    const { status, body } = await call(`${at.server.url}/openapi.json`);
    expect(status).toBe(200);
    expect(body.openapi).toBe("3.1.0");
    const described = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.length).toBeGreaterThan(20);
    for (const each of described) {
      const [method = "", path = ""] = each.split(" ");
      // Without a token, every described path exists and answers 401.
      const { status: refused } = await call(`${at.server.url}${path.replaceAll(/\{\w+\}/g, "x")}`, {
        method,
      });
      expect(`${each}: ${refused}`).toBe(`${each}: 401`);
    }
  });

  test("describes a component as null only in the members that may be null", async () => {
    const { components } = (await call(`${at.server.url}/openapi.json`)).body;
    const { Sync, DeviceStatus, Integration, DeviceView, Problem } = components.schemas;
    expect([Sync.type, DeviceStatus.type]).toEqual(["object", "string"]);
    const orNull = (name: string) => ({
      oneOf: [{ $ref: `#/components/schemas/${name}` }, { type: "null" }],
    });
    expect(Integration.properties.last_sync).toEqual(orNull("Sync"));
    expect(DeviceView.properties.status).toEqual(orNull("DeviceStatus"));
    expect(Problem.additionalProperties).toBe(true);
  });

  test("refuses another method of a known path, and names the methods", async () => {
    const token = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const put = (path: string, headers: Record<string, string> = token) =>
      fetch(`${at.server.url}${path}`, { method: "PUT", headers });
    const answer = await put("/v1/devices");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await answer.json()).toMatchObject({ code: "method_not_allowed" });
    expect((await put("/webhooks/x")).headers.get("allow")).toBe("GET, OPTIONS, POST");
    expect((await put("/v1/nothing")).status).toBe(404);
    expect((await put("/v1/devices", {})).status).toBe(401);
  });

  test("answers headers that are too large with a problem", async () => {
    const answer = await fetch(`${at.server.url}/healthz`, { headers: { "x-large": "x".repeat(20_000) } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([431, "application/problem+json"]);
    expect(await answer.json()).toMatchObject({ status: 431, code: "headers_too_large" });
  });

  test("serves metrics for Prometheus, which sends a token", async () => {
    await at.server.get("/v1/devices");
    expect((await call(`${at.server.url}/metrics`)).status).toBe(401);
    const { status, text } = await at.server.get("/metrics");
    expect(status).toBe(200);
    expect(text).toMatch(/^convergint_ingest_queue_depth 0$/m);
    expect(text).toMatch(/^convergint_ingest_syncs_total\{.*outcome="unchanged"\} 1$/m);
    expect(text).toMatch(/^convergint_ingest_webhooks_ok\{.*\} 1$/m);
  });

  test("reports that it is ready", async () => {
    expect((await call(`${at.server.url}/readyz`)).body).toEqual({ status: "ready" });
    expect((await call(`${at.server.url}/healthz`)).body).toEqual({ status: "ok" });
  });
});
