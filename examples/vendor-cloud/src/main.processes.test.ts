import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type WebhookEndpointCreated, webhookEndpointCreatedSchema } from "@convergint/schemas";
import { createTokenMinter, readPrivateKey } from "@convergint/tokens";
import { describe, expect, it } from "vitest";
import { TOKEN_TERMS } from "./signed-tokens.ts";
import { startReceiver } from "./testing/webhook-receiver.ts";
import { expectSigned } from "./testing/webhook-world.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

const start = (args: string[], env: Record<string, string> = {}) => {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("CAMPUS_")),
  );
  const child = spawn(process.execPath, ["--conditions=@convergint/source", MAIN, ...args], {
    env: { ...inherited, ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const exited = once(child, "close").then(([code]) => ({ code, ...output }));
  const listening = once(child.stdout, "data").then(() => JSON.parse(output.stdout));
  return { child, exited, listening };
};

const orgNames = async (baseUrl: string, key: string) => {
  const response = await fetch(`${baseUrl}/v1/orgs`, { headers: { authorization: `Bearer ${key}` } });
  const { data } = (await response.json()) as { data: { name: string }[] };
  return data.map(({ name }) => name).sort();
};

const post = async (url: string, json: unknown): Promise<unknown> => {
  const headers = { authorization: "Bearer k", "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(json) })).json();
};

/** Registers a destination and takes a camera offline. */
const breakCamera = async (baseUrl: string, url: string): Promise<WebhookEndpointCreated> => {
  const created = webhookEndpointCreatedSchema.parse(await post(`${baseUrl}/v1/webhook-endpoints`, { url }));
  const { data } = (await (
    await fetch(`${baseUrl}/v1/devices?limit=1000`, { headers: { authorization: "Bearer k" } })
  ).json()) as { data: { device_id: string; type: string; status: string }[] };
  const camera = data.find(({ type, status }) => type === "camera" && status === "online");
  await post(`${baseUrl}/sandbox/devices/${camera?.device_id}/status`, { status: "offline" });
  return created;
};

describe("campus", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints one line, never the key, and ends cleanly on %s",
    async (signal) => {
      const { child, exited, listening } = start(["--seed", "3", "--api-key", "k-one"]);
      const summary = await listening;
      expect(summary).toMatchObject({ seed: 3, devices: 1200, sites: 6, orgs: 2 });
      expect(await orgNames(summary.base_url, "k-one")).toEqual(["Lakeshore Health", "Lakeshore University"]);
      child.kill(signal);
      const { code, stdout, stderr } = await exited;
      expect({ code, stderr, lines: stdout.split("\n").length }).toEqual({ code: 0, stderr: "", lines: 2 });
      expect(stdout).not.toContain("k-one");
    },
  );

  it("with an outbox file delivers undelivered events after a kill, with the same id and bytes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "campus-outbox-"));
    const hooks = await startReceiver("hang", { status: 204 });
    const args = ["--api-key", "k", "--outbox", join(folder, "outbox.db")];
    const env = { CAMPUS_OUTBOX_KEY: randomBytes(32).toString("base64") };
    const killed = start(args, env);
    const { secret } = await breakCamera((await killed.listening).base_url, hooks.url);
    await hooks.receives(1);
    killed.child.kill("SIGKILL");
    await killed.exited;

    const next = start(args, env);
    const [first, second] = await hooks.receives(2, 15_000);
    if (!first || !second) throw new Error("nothing came");
    expect(second.body).toBe(first.body);
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    await expectSigned(second, secret);
    next.child.kill("SIGTERM");
    expect(await next.exited).toMatchObject({ code: 0, stderr: "" });
    await hooks.close();
    await rm(folder, { recursive: true });
  });

  it.each([undefined, "", "too short"])(
    "refuses an outbox file with the key %j, and says how to make one",
    async (key) => {
      const env = key === undefined ? {} : { CAMPUS_OUTBOX_KEY: key };
      const { code, stdout, stderr } = await start(["--api-key", "k", "--outbox", "outbox.db"], env).exited;
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      for (const hint of ["CAMPUS_OUTBOX_KEY", "openssl rand -base64 32"]) expect(stderr).toContain(hint);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    },
  );

  it("gives a second tenant its own org", async () => {
    const { child, exited, listening } = start(["--second-api-key", "k-two"], { CAMPUS_API_KEY: "k-one" });
    const { base_url } = await listening;
    expect(await orgNames(base_url, "k-one")).toEqual(["Lakeshore University"]);
    expect(await orgNames(base_url, "k-two")).toEqual(["Lakeshore Health"]);
    child.kill("SIGTERM");
    expect(await exited).toMatchObject({ code: 0 });
  });

  it("accepts an OAuth client for seconds, signed tokens, a production key for reading, and a revoked key nowhere", async () => {
    const folder = await mkdtemp(join(tmpdir(), "campus-key-"));
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    await writeFile(join(folder, "public.pem"), publicKey.export({ format: "pem", type: "spki" }));
    const { child, exited, listening } = start([
      ...["--api-key", "k", "--production-api-key", "k-production", "--withdrawn-api-key", "k-withdrawn"],
      ...["--public-key-file", `key-1=${join(folder, "public.pem")}`],
      ...["--client-id", "client", "--client-secret", "secret", "--access-token-seconds", "2"],
    ]);
    const { base_url } = await listening;
    const issued = await fetch(`${base_url}/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("client:secret")}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const { access_token, expires_in } = (await issued.json()) as Record<string, string | number>;
    expect(expires_in).toBe(2);
    expect(await orgNames(base_url, String(access_token))).toHaveLength(2);
    expect(await orgNames(base_url, "k-production")).toHaveLength(2);
    const { issuer, audience } = TOKEN_TERMS;
    const key = readPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }).toString(), {
      keyId: "key-1",
    });
    expect(
      await orgNames(base_url, await createTokenMinter({ key, issuer, audience }).current()),
    ).toHaveLength(2);
    await rm(folder, { recursive: true });
    const statusFor = async (path: string, key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(base_url + path, { method: "POST", headers })).status;
    };
    expect(await statusFor("/sandbox/devices/any/status", "k-production")).toBe(403);
    expect(await statusFor("/sandbox/devices/any/status", "k-withdrawn")).toBe(401);
    child.kill("SIGTERM");
    expect(await exited).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    ["no key", [], "--api-key KEY"],
    ["a public key that is not there", ["--public-key-file", "k=nowhere.pem"], "nowhere.pem"],
    ["one key for both tenants", ["--api-key", "k", "--second-api-key", "k"], "--second-api-key"],
    ["a client without a secret", ["--api-key", "k", "--client-id", "c"], "--client-secret"],
    ["a key that is also revoked", ["--api-key", "k", "--withdrawn-api-key", "k"], "--withdrawn-api-key"],
    [
      "a key that is also a production key",
      ["--api-key", "k", "--production-api-key", "k"],
      "--production-api-key",
    ],
    ["tokens without a lifetime", ["--api-key", "k", "--access-token-seconds", "0"], "1 to 86400"],
    ["a key that is invalid in a header", ["--api-key", "two words"], "--api-key"],
    ["a wrong port", ["--api-key", "k", "--port", "70000"], "0 to 65535"],
    ["a wrong seed", ["--api-key", "k", "--seed", "one"], "--seed"],
    ["an unknown flag", ["--api-key", "k", "--fast"], "--fast"],
  ])("refuses %s with exit code 2 and says what to do", async (_, args, hint) => {
    const { code, stdout, stderr } = await start(args).exited;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(hint);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("reports in one line that the outbox file cannot be opened", async () => {
    const env = { CAMPUS_OUTBOX_KEY: randomBytes(32).toString("base64") };
    const { code, stderr } = await start(["--api-key", "k", "--outbox", "/nowhere/outbox.db"], env).exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^campus: .*database failed.*\n$/);
  });

  it("reports in one line that the port is in use", async () => {
    const first = start(["--api-key", "k"]);
    const { base_url } = await first.listening;
    const second = await start(["--api-key", "k", "--port", new URL(base_url).port]).exited;
    first.child.kill("SIGTERM");
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^campus: Port \d+ is in use\..*\n$/);
    await first.exited;
  });
});
