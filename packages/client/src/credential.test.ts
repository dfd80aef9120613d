import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { VendorClientError } from "./errors.ts";
import { createVendorClient } from "./vendor-client.ts";

const API_KEY = "key-that-must-not-show";
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Answers = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves a manifest whose API is at `apiBase`, and below it whatever is told. */
async function vendor(answers: Answers, apiBase = (base: string) => base): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url !== "/.well-known/vendor-cloud") return answers(request, response);
    const manifest = {
      contract_version: "1.0",
      vendor: { id: "test", name: "Test" },
      api_base: apiBase(base),
      authentication: [{ scheme: "bearer" }],
      inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
      device_types: [{ type: "camera", status_from: ["inventory"] }],
      event_types: [],
    };
    return response.end(JSON.stringify(manifest));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return base;
}

async function failureOf(call: () => Promise<unknown>): Promise<VendorClientError> {
  const error = await (async () => call())().then(
    () => expect.fail("the call should have failed"),
    (thrown: unknown) => thrown,
  );
  // As a log would write it, causes and all.
  expect(inspect(error, { depth: 9 })).not.toContain(API_KEY);
  expect(error).toBeInstanceOf(VendorClientError);
  return error as VendorClientError;
}

describe("the credential shows in no error", () => {
  test("of a vendor that repeats it in its problem", async () => {
    const problem = { title: `Bad ${API_KEY}`, status: 401, detail: `No key ${API_KEY}`, code: "bad_key" };
    const base = await vendor((_, response) => response.writeHead(401).end(JSON.stringify(problem)));
    const client = createVendorClient({ baseUrl: base, credential: { apiKey: API_KEY } });
    const error = await failureOf(() => client.device("d"));
    expect(error.code).toBe("unauthorized");
    expect(error.message).toContain("No key [redacted]");
  });

  test("of a key that no header can carry", async () => {
    const apiKey = `${API_KEY}\nsecond line`;
    const error = await failureOf(async () =>
      createVendorClient({ baseUrl: "http://127.0.0.1:9", credential: { apiKey } }).device("d"),
    );
    expect(error.code).toBe("invalid_option");
  });

  test.each([
    ["with a password in it", `http://user:${API_KEY}@127.0.0.1:9`],
    ["that is none", "campus.example"],
    ["of another scheme", "ftp://campus.example"],
  ])("of a base URL %s", async (_, baseUrl) => {
    const error = await failureOf(async () => createVendorClient({ baseUrl, credential: { apiKey: "k" } }));
    expect(error.code).toBe("invalid_option");
  });

  test("of a manifest whose API base has a password in it", async () => {
    const base = await vendor(
      () => {},
      (url) => url.replace("://", `://user:${API_KEY}@`),
    );
    const client = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    expect((await failureOf(() => client.device("d"))).code).toBe("invalid_payload");
  });
});

describe("an answer that breaks off", () => {
  test("by a reset is unreachable", async () => {
    const base = await vendor((request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setTimeout(() => request.socket.destroy(), 20);
    });
    const client = createVendorClient({ baseUrl: base, credential: { apiKey: API_KEY } });
    expect((await failureOf(() => client.device("d"))).code).toBe("unreachable");
  });

  test("by silence is a timeout", async () => {
    const base = await vendor(
      (_, response) => void response.writeHead(200, { "content-length": "9" }).write("{"),
    );
    const client = createVendorClient({
      baseUrl: base,
      credential: { apiKey: API_KEY },
      timeoutSeconds: 0.2,
    });
    expect((await failureOf(() => client.device("d"))).code).toBe("timeout");
  });

  test("by the caller's signal is aborted, whatever the reason given", async () => {
    const abort = new AbortController();
    const base = await vendor(() => abort.abort(new Error("the server is closing")));
    const client = createVendorClient({
      baseUrl: base,
      credential: { apiKey: API_KEY },
      signal: abort.signal,
    });
    expect((await failureOf(() => client.device("d"))).code).toBe("aborted");
  });
});

test("does not travel in clear, where the manifest came by https and its api_base is not", async () => {
  const called: string[] = [];
  const client = createVendorClient({
    baseUrl: "https://vendor.example",
    credential: { apiKey: API_KEY },
    fetch: async (input) => {
      called.push(new Request(input).url);
      return Response.json({
        contract_version: "1.0",
        vendor: { id: "test", name: "Test" },
        api_base: "http://vendor.example",
        authentication: [{ scheme: "bearer" }],
        inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
        device_types: [{ type: "camera", status_from: ["inventory"] }],
        event_types: [],
      });
    },
  });
  expect((await failureOf(() => client.device("d"))).code).toBe("invalid_payload");
  expect(called).toEqual(["https://vendor.example/.well-known/vendor-cloud"]);
});
