import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { VendorClientError } from "./errors.ts";
import { createVendorClient } from "./vendor-client.ts";

const API_KEY = "key-that-must-not-show";
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Answers = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

const json = (response: ServerResponse, body: unknown, status = 200, type = "application/json") =>
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));

/** A vendor over a real socket, that answers everything but its manifest as told. */
async function vendor(answers: Answers): Promise<string> {
  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = new URL(request.url ?? "/", base);
    if (url.pathname !== "/.well-known/vendor-cloud") return answers(request, response, url);
    json(response, {
      contract_version: "1.0",
      vendor: { id: "test", name: "Test" },
      api_base: base,
      authentication: [{ scheme: "bearer" }],
      inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
      device_types: [{ type: "camera", status_from: ["inventory"] }],
      event_types: [],
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const device = (id: string) => ({ device_id: id, org_id: "o", site_id: "s", name: id, type: "camera" });
const page = (ids: readonly string[], next_cursor: string | null, snapshot: object = {}) => ({
  data: ids.map(device),
  next_cursor,
  snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z", ...snapshot },
});

const client = (baseUrl: string, options = {}) =>
  createVendorClient({ baseUrl, credential: { apiKey: API_KEY }, timeoutSeconds: 2, ...options });

const idsFrom = async (baseUrl: string) => {
  const ids = [];
  for await (const { device_id } of client(baseUrl).devices({ site_id: "s", limit: 2 })) ids.push(device_id);
  return ids;
};

/** What the call failed with; never with the credential in it. */
async function failureOf(call: Promise<unknown>): Promise<VendorClientError> {
  const error = await call.then(
    () => expect.fail("the call should have failed"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(VendorClientError);
  const whole = error as VendorClientError;
  expect(whole.message + JSON.stringify(whole.details)).not.toContain(API_KEY);
  return whole;
}

test("reads a listing over its pages, with the filter and the key on each call", async () => {
  const seen: string[] = [];
  const base = await vendor((request, response, url) => {
    seen.push(`${request.headers.authorization} ${url.search}`);
    const cursor = url.searchParams.get("cursor");
    json(response, cursor === null ? page(["a", "b"], "n") : page(["c"], null, { total_count: 3 }));
  });
  expect(await idsFrom(base)).toEqual(["a", "b", "c"]);
  expect(seen).toEqual([
    `Bearer ${API_KEY} ?site_id=s&limit=2`,
    `Bearer ${API_KEY} ?site_id=s&limit=2&cursor=n`,
  ]);
});

test("goes on after an empty page, which is not the end", async () => {
  const base = await vendor((_, response, url) => {
    const cursor = url.searchParams.get("cursor");
    json(response, cursor === null ? page([], "n") : page(["a"], null));
  });
  expect(await idsFrom(base)).toEqual(["a"]);
});

describe("does not believe a listing", () => {
  test.each<[string, string, (page_: number) => unknown]>([
    ["that repeats a cursor", "repeated_cursor", (n) => page([`d${n}`], "always")],
    [
      "that changes its snapshot",
      "snapshot_changed",
      (n) => page([`d${n}`], n === 0 ? "n" : null, { id: `s${n}` }),
    ],
    [
      "that changes the moment it describes",
      "snapshot_changed",
      (n) => page([`d${n}`], n === 0 ? "n" : null, { as_of: `2026-11-23T08:30:0${n}Z` }),
    ],
    ["that has a device twice", "duplicate_item", (n) => page(["a"], n === 0 ? "n" : null)],
    ["that has fewer than it promises", "count_mismatch", () => page(["a"], null, { total_count: 2 })],
    ["whose page is not a page", "invalid_payload", () => ({})],
    [
      "that leaves the end mark out",
      "invalid_payload",
      () => ({ ...page(["a"], null), next_cursor: undefined }),
    ],
    ["that is an error in a 200", "invalid_payload", () => ({ error: true, message: "try later" })],
  ])("%s", async (_, code, answer) => {
    let pages = 0;
    const base = await vendor((__, response) => json(response, answer(pages++)));
    expect((await failureOf(idsFrom(base))).code).toBe(code);
  });
});

describe("says what went wrong", () => {
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
    const base = await vendor(answers);
    const error = await failureOf(client(base, { timeoutSeconds: 0.3 }).device("d"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/[.?]$/);
  });

  test("unreachable, for a dead port, and tries again when called again", async () => {
    const dead = client("http://127.0.0.1:9");
    expect((await failureOf(dead.manifest())).code).toBe("unreachable");
    expect((await failureOf(dead.device("d"))).code).toBe("unreachable");
  });

  test("aborted, when the caller's signal says so", async () => {
    const abort = new AbortController();
    const base = await vendor(() => abort.abort());
    expect((await failureOf(client(base, { signal: abort.signal }).device("d"))).code).toBe("aborted");
  });

  test("in the vendor's own words, where it answers with a problem", async () => {
    const problem = { title: "Unknown site", status: 404, detail: "No such site", code: "unknown_site" };
    const base = await vendor((_, response) => json(response, problem, 404, "application/problem+json"));
    const error = await failureOf(client(base).device("d"));
    expect(error.details.problem).toEqual(problem);
    expect(error.message).toContain("No such site");
  });

  test("naming the field that is wrong in a payload", async () => {
    const base = await vendor((_, response) => json(response, { ...device("d"), status: "Online" }));
    const error = await failureOf(client(base).device("d"));
    expect(error.details.fields?.map(({ pointer }) => pointer)).toEqual(["/status"]);
  });
});

test("waits as long as a busy vendor asks, and then gets its answer", async () => {
  let calls = 0;
  const base = await vendor((_, response) => {
    calls += 1;
    if (calls < 3) response.writeHead(503, { "retry-after": "0" }).end();
    else json(response, device("d"));
  });
  expect((await client(base).device("d")).device_id).toBe("d");
  expect(calls).toBe(3);
});
