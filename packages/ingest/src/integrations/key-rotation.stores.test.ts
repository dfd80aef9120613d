import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import { startServer, temporaryDirectory } from "../testing/running-server.ts";
import { startVendor } from "../testing/stand-in-vendor.ts";

test("re-encrypts everything with a new encryption key, after which the old key is not needed", async () => {
  const directory = await temporaryDirectory();
  const database = join(directory.path, "ingest.db");
  const [old, fresh] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const vendor = await startVendor();

  const first = await startServer({ database, encryptionKey: old });
  const { body } = await onboard(first, vendor);
  await first.post("/v1/subscribers", { url: "http://127.0.0.1:1/" });
  await first.close();

  await expect(startServer({ database, encryptionKey: fresh })).rejects.toMatchObject({
    code: "cannot_decrypt",
  });
  await (await startServer({ database, encryptionKey: `${fresh},${old}` })).close();
  await expect(startServer({ database, encryptionKey: old })).rejects.toMatchObject({
    code: "cannot_decrypt",
  });

  const last = await startServer({ database, encryptionKey: fresh });
  const url = `${last.url}${new URL(body.webhook_url).pathname}`;
  expect((await deliver(url, statusChanged(), { secret: vendor.webhookSecret })).status).toBe(204);
  expect((await last.post(`/v1/integrations/${body.integration_id}/sync`)).body.outcome).not.toBe("failed");
  await last.close();
  await vendor.close();
  await directory.remove();
});
