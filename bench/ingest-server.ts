import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createIngestServer, createLog, openStore, type Store } from "@convergint/ingest";
import { generateSecret } from "@convergint/webhooks";

const ORG = { org_id: "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01", name: "Bench" };
const SITE = {
  site_id: "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10",
  org_id: ORG.org_id,
  name: "Bench",
  timezone: "UTC",
};

/**
 * Starts a vendor with one org, one site and no devices. It serves the contract, and the format of Convergint's
 * documentation page for vendors.
 *
 * @returns its base URL
 */
async function startStubVendor(): Promise<string> {
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
  const pagination = (total_count: number) => ({
    pagination: { page: 1, per_page: 100, total_pages: 1, total_count },
  });
  const answers: Readonly<Record<string, () => unknown>> = {
    "/.well-known/vendor-cloud": manifest,
    "/v1/orgs": () => page([ORG]),
    "/v1/sites": () => page([SITE]),
    "/v1/devices": () => page([]),
    "/api/v1/account": () => ({ account_id: ORG.org_id, name: ORG.name }),
    "/api/v1/account/sites": () => ({ sites: [SITE], ...pagination(1) }),
    [`/api/v1/sites/${SITE.site_id}/inventory`]: () => ({ devices: [], ...pagination(0) }),
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

/**
 * Runs the server as a separate process, with one integration whose sites are all bound. If the second
 * argument is `nothing`, the server does everything except store events. The third argument is the base URL
 * of a vendor; if it is empty, the vendor has no devices. The fourth is the name of the vendor's profile.
 */
const [, , database = "", stores = "events", baseUrl, profile] = process.argv;

const fail = (error: Error) => {
  throw error;
};

/** Replaces the function that commits events with one that discards them. */
function withoutEvents(store: Store): Store {
  const commit: Store["events"]["commit"] = async (events) => ({
    outcomes: events.map(() => "stored"),
    late: 0,
  });
  return { ...store, events: { ...store.events, commit } };
}

const store = await openStore(database, fail);
const ADMIN = randomBytes(16).toString("hex");
const vendor = baseUrl || (await startStubVendor());
const secret = generateSecret();
const server = await createIngestServer({
  database: stores === "nothing" ? withoutEvents(store) : store,
  encryptionKey: randomBytes(32).toString("base64"),
  adminToken: ADMIN,
  allowPrivateNetworks: ["127.0.0.0/8"],
  log: createLog({ level: "fatal" }),
  onFatal: fail,
});
const url = await server.listen();
const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
const before = process.cpuUsage();
const onboarded = await fetch(`${url}/v1/integrations`, {
  method: "POST",
  headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
  body: JSON.stringify({
    name: "bench",
    base_url: vendor,
    api_key: "key-of-the-bench",
    poll_seconds: 86_400,
    webhook_secrets: [secret],
    customer_id: "customer",
    ...(profile && { profile }),
  }),
});
if (!onboarded.ok) throw new Error(await onboarded.text());
const { webhook_url, integration_id } = (await onboarded.json()) as {
  webhook_url: string;
  integration_id: string;
};
const { port, pathname } = new URL(webhook_url);
const ready = {
  port: Number(port),
  path: pathname,
  secret,
  profile,
  onboardSeconds: seconds(process.cpuUsage(before)),
  admin: ADMIN,
  integrationId: integration_id,
  pid: process.pid,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
let [all, main] = [process.cpuUsage(), process.threadCpuUsage()];
process.on("SIGUSR2", () => {
  const [cpuSeconds, loopSeconds] = [process.cpuUsage(all), process.threadCpuUsage(main)].map(seconds);
  [all, main] = [process.cpuUsage(), process.threadCpuUsage()];
  const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
  process.stdout.write(`${JSON.stringify({ p50, p99, max, cpuSeconds, loopSeconds })}\n`);
  delay.reset();
});
