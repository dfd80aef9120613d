import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecretBox } from "@convergint/internal/secret-box";
import { generateSecret } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import { createIngestServer, createLog } from "./index.ts";
import { deliver, statusChanged } from "./testing/deliver.ts";
import { onboard, startOnboarded } from "./testing/onboarded.ts";
import { ADMIN_TOKEN, startServer, temporaryDirectory } from "./testing/running-server.ts";
import { json, startVendor } from "./testing/stand-in-vendor.ts";

const API_KEY = "canary-api-key-1f7e";

/** Returns a secret in every encoding in which it could leak. */
const encodings = (secret: string) => {
  const bare = secret.replace(/^whsec_/, "");
  return [
    bare,
    Buffer.from(bare).toString("base64"),
    Buffer.from(bare).toString("hex"),
    encodeURIComponent(bare),
  ];
};

test("no secret appears in an answer, in a log line, or in plain text in the database, whatever fails", async () => {
  const vendor = await startVendor({ apiKey: API_KEY });
  const server = await startServer();
  const answers: string[] = [];
  const keep = async (answer: Promise<{ text: string; headers: Headers }>) => {
    const { text, headers } = await answer;
    answers.push(text, JSON.stringify([...headers]));
    return answer;
  };
  const { body } = await keep(onboard(server, vendor)).then(() => server.get("/v1/integrations"));
  const { integration_id, webhook_url } = body.data[0];
  const byHand = generateSecret();
  await keep(onboard(server, vendor, { webhook_secrets: [byHand] }));
  await keep(onboard(server, vendor, { webhook_secrets: [byHand, `whsec_${API_KEY}`] }));
  await keep(onboard(server, vendor, { api_key: `${API_KEY}-wrong` }));
  await keep(onboard(server, vendor, { api_key: { nested: API_KEY } }));
  const { webhookSecret: secret } = vendor;
  await keep(deliver(webhook_url, statusChanged(), { secret }));
  await keep(deliver(webhook_url, "{nope", { secret }));
  await keep(deliver(webhook_url, statusChanged(), { secret, timestamp: 1 }));
  await keep(deliver(webhook_url, statusChanged(), { secret: generateSecret() }));
  vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
  await keep(server.post(`/v1/integrations/${integration_id}/sync`));
  await vendor.close();
  await keep(server.post(`/v1/integrations/${integration_id}/sync`));
  for (const path of [
    "integrations",
    "devices",
    "events",
    "refused-deliveries",
    "nothing",
    "devices?cursor=x",
  ]) {
    await keep(server.get(`/v1/${path}`));
  }
  const files = await Promise.all(
    ["", "-wal"].map((suffix) => readFile(`${server.database}${suffix}`, "latin1").catch(() => "")),
  );
  const { logged } = server;
  expect(logged.length).toBeGreaterThan(0);
  expect(files.join("")).toContain(integration_id);
  for (const canary of [API_KEY, secret, byHand, ADMIN_TOKEN, server.encryptionKey].flatMap(encodings)) {
    expect(answers.join("\n")).not.toContain(canary);
    expect(logged.join("")).not.toContain(canary);
    expect(files.join("")).not.toContain(canary);
  }
  await server.close();
});

test("an integration logged by mistake shows none of its secrets", () => {
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line: string) => void lines.push(line) } });
  const integration = { apiKey: API_KEY, webhookSecrets: [API_KEY], secret: API_KEY };
  log.info(integration);
  log.info({ integration });
  log.info({ context: { integration } });
  log.info({ headers: { authorization: `Bearer ${API_KEY}` } });
  expect(lines).toHaveLength(4);
  expect(lines.join("")).not.toContain(API_KEY);
});

describe("the encryption key", () => {
  test("must be the one that the database was written with, or the server does not start", async () => {
    const directory = await temporaryDirectory();
    const database = `${directory.path}/ingest.db`;
    const encryptionKey = randomBytes(32).toString("base64");
    const at = await startOnboarded({ settings: { database, encryptionKey } });
    await at.close();
    const start = (key: string) =>
      createIngestServer({
        database,
        encryptionKey: key,
        adminToken: ADMIN_TOKEN,
        log: createLog({ destination: { write: () => {} } }),
        onFatal: () => {},
      });
    await expect(start(randomBytes(32).toString("base64"))).rejects.toMatchObject({
      name: "SecretBoxError",
      code: "cannot_decrypt",
    });
    // With the right key the server starts and can decrypt the secret.
    const server = await startServer({ database, encryptionKey });
    const url = `${server.url}/webhooks/${at.integrationId}`;
    expect((await deliver(url, statusChanged(), { secret: at.vendor.webhookSecret })).status).toBe(204);
    await server.close();
    await directory.remove();
  });

  test.each([
    "",
    "short",
    "c2hvcnQ=",
    randomBytes(31).toString("base64"),
    randomBytes(33).toString("base64"),
  ])("%j is invalid", (key) => {
    expect(() => createSecretBox(key)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  });

  const box = createSecretBox(randomBytes(32).toString("base64"));

  test("decrypts a secret only in the context it was encrypted for", () => {
    const sealed = box.seal("s3cret", "int_a/api_key");
    expect(box.open(sealed, "int_a/api_key")).toBe("s3cret");
    for (const context of ["int_b/api_key", "int_a/webhook_secret", ""]) {
      expect(() => box.open(sealed, context)).toThrow(expect.objectContaining({ code: "cannot_decrypt" }));
    }
  });

  test("does not decrypt if any byte is changed or missing", () => {
    const sealed = box.seal("s3cret", "c");
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, n) => (n === at ? byte ^ 1 : byte));
      for (const broken of [changed, sealed.subarray(0, at)]) {
        expect(() => box.open(broken, "c")).toThrow(expect.objectContaining({ code: "cannot_decrypt" }));
      }
    }
  });

  test("never encrypts the same secret to the same bytes", () => {
    expect(box.seal("s3cret", "c")).not.toEqual(box.seal("s3cret", "c"));
  });
});

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
