import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ORG = { org_id: "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01", name: "Bench" };
const SITE = {
  site_id: "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10",
  org_id: ORG.org_id,
  name: "Bench",
  timezone: "UTC",
};

/** Starts a vendor with one org, one site and no devices, which is enough for onboarding. @returns its base URL */
export async function startStubVendor(): Promise<string> {
  const manifest = () => ({
    contract_version: "1.0",
    vendor: { id: "bench", name: "Bench" },
    api_base: address(),
    authentication: [{ scheme: "bearer" }],
    inventory: { max_page_size: 1000, incremental_sync: false, conditional_requests: false },
    device_types: [{ type: "camera", status_from: ["inventory"] }],
    event_types: [],
  });
  const page = (data: readonly unknown[]) => ({
    data,
    next_cursor: null,
    snapshot: { id: "snap", as_of: new Date().toISOString(), total_count: data.length },
  });
  const answers: Readonly<Record<string, () => unknown>> = {
    "/.well-known/vendor-cloud": manifest,
    "/v1/orgs": () => page([ORG]),
    "/v1/sites": () => page([SITE]),
    "/v1/devices": () => page([]),
  };
  const server = createServer(({ url = "/" }, response) => {
    const answer = answers[new URL(url, "http://vendor").pathname];
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer?.() ?? {}));
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return address();
}
