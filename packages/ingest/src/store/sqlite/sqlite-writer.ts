import { parentPort, workerData } from "node:worker_threads";
import type { IntegrationRow, RefusedDelivery, SyncOutcome } from "../store.ts";
import { snapshotTables } from "./apply-snapshot.ts";
import { eventCommitter } from "./commit-events.ts";
import { migrate } from "./migrations.ts";
import { openForWriting } from "./open.ts";

/** How many refused deliveries are kept. */
const MOST_REFUSED = 1000;

/**
 * The worker thread that owns the only connection that writes, so that the event loop of the server never waits for
 * the disk. It does what it is told, one thing after the other, and answers when that is durable.
 */
const database = openForWriting(String(workerData));
migrate(database);

const saveIntegration = database.prepare(`
  INSERT INTO integration
    (integration_id, name, base_url, poll_seconds, api_key, webhook_endpoint_id, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`);
const saveSecret = database.prepare(
  "INSERT INTO webhook_secret (integration_id, position, secret) VALUES (?, ?, ?)",
);
const keepRefused = database.prepare(
  "INSERT INTO refused_delivery (integration_id, received_at, code, detail, body) VALUES (?, ?, ?, ?, ?)",
);
const boundRefused = database.prepare("DELETE FROM refused_delivery WHERE sequence <= ? - ?");
const recordSync = database.prepare("INSERT OR REPLACE INTO sync (integration_id, outcome) VALUES (?, ?)");

const operations = {
  saveIntegration: database.transaction((row: IntegrationRow) => {
    saveIntegration.run(
      row.integrationId,
      row.name,
      row.baseUrl,
      row.pollSeconds,
      row.apiKey,
      row.webhookEndpointId,
      row.createdAt,
    );
    for (const [position, secret] of row.webhookSecrets.entries()) {
      saveSecret.run(row.integrationId, position, secret);
    }
  }),
  commitEvents: eventCommitter(database),
  keepRefused: database.transaction((delivery: RefusedDelivery) => {
    const { integrationId, receivedAt, code, detail, body } = delivery;
    const { lastInsertRowid } = keepRefused.run(integrationId, receivedAt, code, detail, body);
    boundRefused.run(lastInsertRowid, MOST_REFUSED);
  }),
  ...snapshotTables(database),
  recordSync: (outcome: SyncOutcome) => {
    recordSync.run(outcome.integrationId, JSON.stringify(outcome));
  },
  close: () => {
    database.close();
  },
};

/** What the server asks for. */
export type WriterRequest = {
  readonly id: number;
  readonly operation: keyof typeof operations;
  readonly args: readonly unknown[];
};

/** What it is answered. */
export type WriterAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

parentPort?.on("message", ({ id, operation, args }: WriterRequest) => {
  try {
    const run = operations[operation] as (...values: readonly unknown[]) => unknown;
    parentPort?.postMessage({ id, result: run(...args) } satisfies WriterAnswer);
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) } satisfies WriterAnswer);
  }
});
parentPort?.postMessage({ id: 0, result: "ready" } satisfies WriterAnswer);
