/**
 * A vendor's process for tests to kill: it enqueues endlessly, prints the durable events and delivers.
 *
 * `node vendor-process.ts <address of the store> <endpoint's URL> <encryption key> <name of this run> <ms between events>`
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";
import { createOutbox } from "../outbox.ts";
import { createPostgresStore } from "../store/postgres/index.ts";
import { createSqliteStore } from "../store/sqlite/index.ts";

const [address = "", url = "", encryptionKey = "", run = "", between = ""] = process.argv.slice(2);

async function openStore() {
  if (address.startsWith("sqlite:")) return createSqliteStore({ path: address.slice("sqlite:".length) });
  const [connectionString = "", schema = ""] = address.split(" ");
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 2_000 });
  return createPostgresStore({ pool, schema });
}

const outbox = await createOutbox({
  store: await openStore(),
  encryptionKey,
  allowLoopback: true,
  retryScheduleSeconds: Array.from({ length: 500 }, () => 0.1),
  probeScheduleSeconds: [0.1],
  timeoutSeconds: 2,
  pollSeconds: 0.05,
  leaseSeconds: 0.5,
});
if ((await outbox.listEndpoints()).length === 0) {
  await outbox.registerEndpoint({ url });
  await outbox.registerEndpoint({ url: `${url}?batches`, batch: { maxEvents: 7, maxAgeSeconds: 0.05 } });
}
outbox.start();
writeSync(1, "ready\n");

/** Enqueues concurrent events of a few devices and prints each event after it is stored durably. */
async function enqueueForever(lane: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const id = `evt_${run}_${lane}_${number}`;
    const data = { org_id: "org_1", site_id: "site_1", device_id: `dev_${number % 5}` };
    await outbox.enqueue({ specversion: "1.0", id, type: "example.changed.v1", data }).then(
      () => writeSync(1, `${id}\n`),
      // The process does not print the failed event as durable.
      () => sleep(20),
    );
    await sleep(Number(between));
  }
}

if (between !== "") await Promise.all([0, 1, 2].map(enqueueForever));
