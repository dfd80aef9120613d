import { randomBytes } from "node:crypto";
import { createIngestServer, createLog, openStore, type Store } from "@convergint/ingest";
import { generateSecret } from "@convergint/webhooks";
import { startStubVendor } from "./ingest-stub-vendor.ts";

/**
 * Runs the server as a separate process, with one integration whose sites are all bound. If the second
 * argument is `nothing`, the server does everything except store events.
 */
const [, , database = "", stores = "events"] = process.argv;

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
const vendor = await startStubVendor();
const secret = generateSecret();
const server = await createIngestServer({
  database: stores === "nothing" ? withoutEvents(store) : store,
  encryptionKey: randomBytes(32).toString("base64"),
  adminToken: ADMIN,
  log: createLog({ level: "fatal" }),
  onFatal: fail,
});
const url = await server.listen();
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
  }),
});
if (!onboarded.ok) throw new Error(await onboarded.text());
const { webhook_url } = (await onboarded.json()) as { webhook_url: string };
const { port, pathname } = new URL(webhook_url);
process.stdout.write(`${JSON.stringify({ port: Number(port), path: pathname, secret })}\n`);
