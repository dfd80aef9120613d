import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import { ADMIN_TOKEN, call, startServer, temporaryDirectory } from "../testing/running-server.ts";

const VENDOR = fileURLToPath(new URL("../../../../examples/vendor-page", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.error("Skipped: the example vendor-page needs python3.");

/** Starts the example on a free port. It knows nothing of this repository. */
async function startVendorPage(env: Readonly<Record<string, string>>): Promise<string> {
  const vendor = spawn("python3", ["vendor.py", "--port", "0", "--simulation"], {
    cwd: VENDOR,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void vendor.kill("SIGKILL"));
  const [line] = await once(vendor.stdout, "data");
  return String(line).trim();
}

test.skipIf(!hasPython)("a vendor written from Convergint's page is onboarded with one command", async () => {
  const directory = await temporaryDirectory();
  onTestFinished(directory.remove);
  const path = (name: string) => join(directory.path, name);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(path("public.pem"), publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(path("private.pem"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const baseUrl = await startVendorPage({
    VENDOR_API_KEY: "key-of-a-customer",
    VENDOR_PUBLIC_KEY_FILE: path("public.pem"),
  });
  const server = await startServer();
  onTestFinished(() => server.close());
  const run = async (...args: readonly string[]) => {
    const env = { CONVERGINT_INGEST_URL: server.url, CONVERGINT_INGEST_TOKEN: ADMIN_TOKEN };
    const result = await runCli(args, { ...env, VENDOR_API_KEY: "key-of-a-customer" });
    expect(result).toMatchObject({ code: 0, stderr: "" });
    return result.stdout;
  };
  const add = ["integration", "add", "Harbor", baseUrl, "--profile", "convergint-page"];

  // The vendor verifies the server's tokens without a library.
  const preview = await run(...add, "--private-key-file", path("private.pem"), "--dry-run");
  expect(preview).toContain("Harbor Logistics");

  expect(await run(...add, "--customer", "harbor")).toMatch(/complete.*147 devices/);
  const [integration] = (await server.get("/v1/integrations")).body.data;
  const { integration_id: id, webhook_url: url } = integration;

  const authorization = "Bearer key-of-a-customer";
  const vendor = (method: string, resource: string, body?: unknown) =>
    call(`${baseUrl}${resource}`, {
      method,
      headers: { authorization },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const webhook = (await vendor("POST", "/webhooks", { url })).body;
  await writeFile(path("secret.txt"), webhook.secret, { mode: 0o600 });
  await run("rotate-secret", id, "--secret-file", path("secret.txt"));

  const [device] = (await server.get("/v1/devices?limit=1")).body.data;
  const statusNow = async () =>
    (await server.get(`/v1/integrations/${id}/devices/${device.device_id}`)).body.status;
  const become = (status: string) => vendor("PUT", `/simulation/devices/${device.device_id}`, { status });
  expect(await statusNow()).toBe("online");
  await become("offline");
  while ((await statusNow()) !== "offline") await pause(20);

  // Without a webhook, only a poll finds the change.
  expect((await vendor("DELETE", `/webhooks/${webhook.id}`)).status).toBe(204);
  await become("degraded");
  expect((await server.post(`/v1/integrations/${id}/sync`)).body).toMatchObject({ outcome: "complete" });
  expect(await statusNow()).toBe("degraded");
});

test.skipIf(!hasPython)("the tests of the example pass", () => {
  const { status, stderr } = spawnSync("python3", ["-m", "unittest"], {
    cwd: VENDOR,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
});
