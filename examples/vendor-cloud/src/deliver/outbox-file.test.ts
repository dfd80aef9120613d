import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type WebhookEndpointCreated, webhookEndpointListSchema } from "@convergint/schemas";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createCampus } from "../campus.ts";
import { KEY, startCampus } from "../testing/running-campus.ts";
import { startReceiver } from "../testing/webhook-receiver.ts";
import { camera, expectSigned } from "../testing/webhook-world.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus-outbox-"));
});
afterEach(() => rm(folder, { recursive: true }));

const newKey = () => randomBytes(32).toString("base64");

it("an outbox in a file keeps endpoints and undelivered events across a restart, and no secret in plain text", async () => {
  const outboxFile = { path: join(folder, "outbox.db"), encryptionKey: newKey() };
  const hooks = await startReceiver({ status: 503 }, { status: 204 });
  const before = await startCampus({ outboxFile, retryScheduleSeconds: [0.5] });
  const json = { url: hooks.url };
  const { body } = await before.call("/v1/webhook-endpoints", { method: "POST", json });
  const { endpoint_id, secret } = body as WebhookEndpointCreated;
  await before.setStatus(camera.device_id, "offline");
  await hooks.receives(1);
  await before.close();
  for (const file of [outboxFile.path, `${outboxFile.path}-wal`]) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    for (const hidden of [secret.slice("whsec_".length), KEY]) expect(bytes.includes(hidden)).toBe(false);
  }

  const after = await startCampus({ outboxFile, retryScheduleSeconds: [0.5] });
  const listed = await after.call("/v1/webhook-endpoints");
  expect(webhookEndpointListSchema.parse(listed.body).data).toMatchObject([{ endpoint_id, state: "active" }]);
  const [first, second] = await hooks.receives(2);
  if (!first || !second) throw new Error("nothing came");
  expect(second.body).toBe(first.body);
  expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
  await expectSigned(second, secret);
  await after.close();
  await hooks.close();
});

it.each([
  ["an invalid key", () => ({ path: join(folder, "outbox.db"), encryptionKey: "short" }), "invalid_option"],
  [
    "a file that is not a database",
    () => ({ path: join(folder, "text"), encryptionKey: newKey() }),
    "store_failed",
  ],
  ["a missing folder", () => ({ path: join(folder, "no/x"), encryptionKey: newKey() }), "store_failed"],
])("a campus with %s does not start", async (_, outboxFile, code) => {
  await writeFile(
    join(folder, "text"),
    "This file is not a database, and is long enough for SQLite to notice.".repeat(20),
  );
  const campus = createCampus({ seed: 1, apiKeys: [], outboxFile: outboxFile() });
  await expect(campus.listen()).rejects.toMatchObject({ code });
});
