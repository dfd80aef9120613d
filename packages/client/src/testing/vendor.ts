import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Answers = (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;

/** The manifest that a test's vendor serves by default. */
export const manifestAt = (base: string) => ({
  contract_version: "1.0",
  vendor: { id: "test", name: "Test" },
  api_base: base,
  authentication: [{ scheme: "bearer" }] as object[],
  inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false } as object,
  device_types: [{ type: "camera", status_from: ["inventory"] }],
  event_types: [],
});

/** Answers with JSON. */
export const json = (response: ServerResponse, body: unknown, status = 200, headers: object = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

/**
 * Starts a vendor on a real socket until the test ends; `answers` handles every call except the manifest.
 *
 * @returns its base URL
 */
export async function startVendor(answers: Answers, manifest = (_: string): object => ({})): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", base);
    if (url.pathname !== "/.well-known/vendor-cloud") return answers(request, response, url);
    return json(response, { ...manifestAt(base), ...manifest(base) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return base;
}

export const device = (id: string) => ({
  device_id: id,
  org_id: "o",
  site_id: "s",
  name: id,
  type: "camera",
});

/** A page of devices. */
export const page = (ids: readonly string[], next_cursor: string | null, snapshot: object = {}) => ({
  data: ids.map(device) as object[],
  next_cursor,
  snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z", ...snapshot },
});
