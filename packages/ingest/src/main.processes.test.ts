import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createFakeCloud, serveFakeCloud } from "@convergint/testing/fake-cloud";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startChild } from "./testing/child-server.ts";
import { runCli } from "./testing/run-cli.ts";
import { call, temporaryDirectory } from "./testing/running-server.ts";
import { listed, startVendor } from "./testing/stand-in-vendor.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const serveArgs = (args: readonly string[]) => [
  ...["serve", "--port", "0", "--db", join(directory.path, "ingest.db")],
  ...args,
];
const serve = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => startChild(serveArgs(args), { env });
/** Lines that are not log records. */
const sentences = (stderr: string) =>
  stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));

describe("a server on SQLite without settings", () => {
  test("generates secrets that only this user can read, prints their location, and accepts its token", async () => {
    const child = serve([]);
    const { base_url, admin_token_file } = await child.ready();
    const token = (await readFile(String(admin_token_file), "utf8")).trim();
    const key = (await readFile(join(directory.path, "ingest.db.key"), "utf8")).trim();
    const answer = await call(`${base_url}/v1/devices`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.body).toEqual({ data: [], next_cursor: null });
    for (const file of ["ingest.db", "ingest.db-wal", "ingest.db.key", "ingest.db.token"]) {
      expect(((await stat(join(directory.path, file))).mode & 0o777).toString(8)).toBe("600");
    }
    child.process.kill("SIGTERM");
    const { code, stdout, stderr } = await child.ended();
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(sentences(stderr)).toEqual([]);
    expect(stdout + stderr).not.toContain(token);
    expect(stdout + stderr).not.toContain(key);
  });

  test("accepts of a vendor only what the environment allows", async () => {
    const vendor = await startVendor();
    vendor.devices = [listed("cam-1", { attributes: { note: "x".repeat(5000) } })];
    const child = serve([], { CONVERGINT_INGEST_MAX_ITEM_BYTES: "4000" });
    const { base_url, admin_token_file } = await child.ready();
    const token = (await readFile(String(admin_token_file), "utf8")).trim();
    const { body } = await call(`${base_url}/v1/integrations`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "Example Campus", base_url: vendor.baseUrl, api_key: vendor.apiKey }),
    });
    await vendor.close();
    expect(body.last_sync).toMatchObject({
      outcome: "complete",
      detail: expect.stringMatching(/1 fault .*\/attributes .*may have 4000/),
    });
  });

  test("keeps its secrets across restarts", async () => {
    const tokens: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const child = serve([]);
      tokens.push(await readFile(String((await child.ready()).admin_token_file), "utf8"));
      child.process.kill("SIGINT");
      expect((await child.ended()).code).toBe(0);
    }
    expect(tokens[1]).toBe(tokens[0]);
  });

  test("a command whose reader has closed the pipe ends without an error", async () => {
    const child = startChild(["--help"]);
    child.process.stdout?.destroy();
    expect(await child.ended()).toMatchObject({ code: 0, stderr: "" });
  });

  test("writes no file if the environment has the secrets", async () => {
    const child = serve([], {
      CONVERGINT_INGEST_KEY: Buffer.alloc(32, 7).toString("base64"),
      CONVERGINT_INGEST_ADMIN_TOKEN: "canary-token-of-admin",
    });
    const { base_url, admin_token_file } = await child.ready();
    expect(admin_token_file).toBeNull();
    const headers = { authorization: "Bearer canary-token-of-admin" };
    expect((await call(`${base_url}/v1/devices`, { headers })).status).toBe(200);
    child.process.kill("SIGTERM");
    const { stdout, stderr } = await child.ended();
    expect(stdout + stderr).not.toContain("canary-token-of-admin");
    await expect(stat(join(directory.path, "ingest.db.key"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a server that cannot start prints one error", () => {
  test.each([
    ["a database of another kind", ["--db", "mysql://somewhere/db"], /SQLite file, or a postgres/],
    ["PostgreSQL without a key", ["--db", "postgres://somewhere/db"], /encryption_key/],
    ["a port out of range", ["--port", "65536"], /port number/],
    ["a port that is a word", ["--port", "http"], /port number/],
    ["a public URL that is not HTTP", ["--public-url", "ftp://here"], /http or https/],
    ["an unknown option", ["--frobnicate"], /unknown option/],
  ])("%s: exit 2", async (_, args, sentence) => {
    const { code, stdout, stderr } = await runCli(serveArgs(args));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test.each([
    ["that others can read", "a-token-of-the-admin", 0o644, /chmod 600/],
    ["that is empty", "", 0o600, /is empty/],
    ["with a short token", "short", 0o600, /16 characters/],
  ])("a token file %s: exit 2", async (_, content, mode, sentence) => {
    await writeFile(join(directory.path, "ingest.db.token"), content);
    await chmod(join(directory.path, "ingest.db.token"), mode);
    const { code, stderr } = await runCli(serveArgs([]));
    expect(code).toBe(2);
    expect(sentences(stderr)).toEqual([expect.stringMatching(sentence)]);
  });

  test("a port that is in use: exit 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, stdout, stderr } = await runCli(serveArgs(["--port", String(port)]));
    taken.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^convergint-ingest: Port \d+ is in use\. .*choose another port.*\n$/);
    // The start has created no database, key or token yet.
    expect(await readdir(directory.path)).toEqual([]);
  });

  test("a SQLite file that another server uses: exit 1, until that server is killed", async () => {
    const first = serve([]);
    await first.ready();
    const { code, stdout, stderr } = await runCli(serveArgs([]));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(sentences(stderr)).toEqual([
      expect.stringMatching(/Another server uses the database .*ingest\.db/),
    ]);
    first.process.kill("SIGKILL");
    await first.ended();
    const next = serve([]);
    await next.ready();
  });

  test.each([
    ["a key that is too short", { CONVERGINT_INGEST_KEY: "c2hvcnQ=" }, [], /encryption key/],
    [
      "a database in a missing directory",
      {
        CONVERGINT_INGEST_KEY: Buffer.alloc(32).toString("base64"),
        CONVERGINT_INGEST_ADMIN_TOKEN: "t".repeat(16),
      },
      ["--db", "/nowhere/at/all.db"],
      /database/,
    ],
  ])("%s: exit 1", async (_, env, args, sentence) => {
    const { code, stdout, stderr } = await runCli(serveArgs(args), env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(sentences(stderr)).toEqual([expect.stringMatching(sentence)]);
  });
});

test("the process exits with 2 on invalid usage, and with 0 after help", async () => {
  const [wrong, help] = [serve(["--frobnicate"]), startChild(["serve", "--help"])];
  expect(await wrong.ended()).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/unknown option/),
  });
  const { code, stdout } = await help.ended();
  expect(code).toBe(0);
  expect(stdout).toContain("CONVERGINT_INGEST_KEY");
});

test("`shim` serves a foreign cloud as the contract until it is stopped", async () => {
  const cloud = createFakeCloud("meraki");
  const { baseUrl, close } = await serveFakeCloud(cloud);
  const { api_key: key } = cloud.fixture.credential;
  const settings = Object.entries(cloud.fixture.settings).flatMap(([name, value]) => [
    "--setting",
    `${name}=${value}`,
  ]);
  const env = {
    VENDOR_API_KEY: key,
    SHIM_API_KEY: "key-of-the-shim",
    VENDOR_WEBHOOK_SECRET: "a webhook secret",
  };
  const child = startChild(["shim", "meraki", "--base-url", baseUrl, ...settings], { env });
  const { base_url, vendor_webhooks_url } = (await child.ready()) as {
    base_url: string;
    vendor_webhooks_url?: string;
  };
  expect(vendor_webhooks_url).toBe(`${base_url}/vendor-webhooks`);
  const headers = { authorization: "Bearer key-of-the-shim" };
  const answer = await call(`${base_url}/v1/devices`, { headers });
  expect(answer.body).toMatchObject({ data: { length: cloud.fixture.expected.devices.length } });
  expect((await fetch(`${base_url}/vendor-webhooks`, { method: "POST", body: "{}" })).status).toBe(401);
  child.process.kill("SIGTERM");
  const { code, stdout, stderr } = await child.ended();
  expect([code, stdout.trim().split("\n").length]).toEqual([0, 1]);
  expect(stderr).toContain("refused a webhook of the vendor");
  for (const secret of Object.values(env)) expect(stdout + stderr).not.toContain(secret);
  await close();
});
