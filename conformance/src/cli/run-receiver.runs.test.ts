import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { createIngestServer, createLog } from "@convergint/ingest";
import { findFreePort } from "@convergint/testing/free-port";
import { startPostgres, type TestPostgres } from "@convergint/testing/postgres";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../harness/clock.ts";
import { cli, expectCleanOutput, serve, startIn, startVendor, temporaryFolder } from "./testing/harness.ts";

const ADMIN = "token-of-the-admin-of-these-tests";
const KEY = "key-of-the-campus-of-these-tests";

/** The vendor cloud that an integration uses. */
interface VendorSetUp {
  readonly baseUrl: string;
  readonly pollSeconds: number;
}

async function campus(): Promise<VendorSetUp> {
  const made = createCampus({ seed: 3, apiKeys: [{ key: KEY, orgIds: "all" }] });
  return { baseUrl: await startVendor(made), pollSeconds: 86_400 };
}

/** Starts the ingestion server with two integrations; the secret of the first one is being rotated. */
async function ingestServer(database: string, polled?: VendorSetUp) {
  const another = await campus();
  const vendor = polled ?? another;
  const server = await createIngestServer({
    database,
    encryptionKey: randomBytes(32).toString("base64"),
    adminToken: ADMIN,
    allowPrivateNetworks: ["127.0.0.0/8"],
    log: createLog({ level: "silent" }),
    onFatal: (error) => {
      throw error;
    },
  });
  const url = await startVendor({ app: null, listen: () => server.listen(), close: () => server.close() });
  const onboard = async ({ baseUrl, pollSeconds }: VendorSetUp, ...webhook_secrets: string[]) => {
    const response = await fetch(`${url}/v1/integrations`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
      body: JSON.stringify({
        name: "Campus",
        base_url: baseUrl,
        api_key: KEY,
        poll_seconds: pollSeconds,
        webhook_secrets,
        customer_id: "cust_1",
      }),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as { integration_id: string; webhook_url: string };
  };
  const orgs = await fetch(`${vendor.baseUrl}/v1/orgs`, { headers: { authorization: `Bearer ${KEY}` } });
  const [org] = ((await orgs.json()) as { data: { org_id: string }[] }).data;
  const secrets = [generateSecret(), generateSecret()];
  const other = generateSecret();
  const integration = await onboard(vendor, ...secrets);
  await onboard(another, other);
  const { integration_id, webhook_url } = integration;
  return {
    secrets: [...secrets, other, ADMIN],
    args: [
      ...["--url", webhook_url, "--other-secret", other, "--org", org?.org_id ?? ""],
      ...secrets.flatMap((secret) => ["--secret", secret]),
      ...[
        "--status-url",
        `${url}/v1/integrations/${integration_id}/devices/{device_id}?customer_id=cust_1`,
        "--status-token",
        ADMIN,
      ],
    ],
  };
}

const run = (...args: string[]) => cli("run", "receiver", ...args);

/** Runs the suite on the system clock, which the ingestion server uses too. */
const runInRealTime = (...args: string[]) =>
  startIn({ clock: systemClock }, "run", "receiver", ...args).ended;

/** Starts the ingestion server and sets it up to poll the suite's inventory, as the README describes. */
async function pollingServer(database: string) {
  const port = String(await findFreePort());
  const flags = ["--inventory-port", port, "--inventory-key", KEY, "--poll-seconds", "1"];
  const serving = startIn({ clock: systemClock }, "inventory", ...flags);
  await serving.waitFor("stderr", "Serving the inventory");
  const server = await ingestServer(database, { baseUrl: `http://127.0.0.1:${port}`, pollSeconds: 1 });
  serving.interrupt();
  expect((await serving.ended).code).toBe(0);
  return { secrets: [...server.secrets, KEY], args: [...server.args, ...flags] };
}

const POLLED = ["RCV-018", "RCV-019", "RCV-020", "RCV-022", "RCV-024"];

describe("the reference ingestion server is certified", () => {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  const databases: readonly (readonly [string, () => Promise<string> | undefined])[] = [
    ["SQLite", async () => join(await temporaryFolder(), "ingest.db")],
    ["PostgreSQL", () => postgres?.createDatabase()],
  ];
  test.for(databases)("on %s", async ([, makeDatabase], { skip }) => {
    const database = await makeDatabase();
    // startPostgres has already reported that PostgreSQL is missing.
    if (database === undefined) return skip();
    const { args, secrets } = await pollingServer(database);
    const folder = await temporaryFolder();
    const written = ["bundle.json", "report.json", "report.xml", "report.md", "report.har"].map((name) =>
      join(folder, name),
    );
    const [bundle = "", json = "", junit, markdown, har] = written;
    const formats = [`json=${json}`, `junit=${junit}`, `markdown=${markdown}`, `har=${har}`];
    const ran = await runInRealTime(
      ...args,
      "--bundle",
      bundle,
      ...formats.flatMap((format) => ["--report", format]),
    );
    expect(ran.stdout).toContain("CERTIFIED");
    expect(ran.code).toBe(0);
    expectCleanOutput(ran);
    const report = JSON.parse(await readFile(json, "utf8"));
    const passed = report.requirements.filter(({ verdict }: { verdict: string }) => verdict === "pass");
    expect(passed.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(POLLED));
    const kept = await Promise.all(written.map((file) => readFile(file, "utf8")));
    for (const secret of secrets) {
      for (const text of [ran.stdout, ran.stderr, ...kept]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(secret.replace("whsec_", ""));
      }
    }
    const again = await cli("regrade", bundle);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("same verdicts")]);
  });

  test("without optional flags it is not certified, and the report names them", async () => {
    const { args } = await ingestServer(join(await temporaryFolder(), "ingest.db"));
    const ran = await runInRealTime(...args.slice(0, 2), ...args.slice(6, 8), "--json");
    const report = JSON.parse(ran.stdout);
    expect([ran.code, report.conclusion, report.subject]).toEqual([4, "incomplete", "receiver"]);
    const reasons = report.requirements
      .flatMap(({ reason }: { reason: string | null }) => reason ?? [])
      .join();
    for (const flag of ["--status-url", "--other-secret", "--secret twice"]) expect(reasons).toContain(flag);
  });
});

describe("never certifies a consumer", () => {
  const secrets = [
    "--secret",
    generateSecret(),
    "--secret",
    generateSecret(),
    "--other-secret",
    generateSecret(),
  ];
  test.each<[string, number]>([
    ["accepts everything", 204],
    ["rejects everything", 401],
    ["fails", 500],
    ["redirects", 302],
  ])("that %s: exits with 1", async (_, status) => {
    const base = await serve((request, response) => {
      request.resume().on("end", () => response.writeHead(status, { location: "/" }).end("{}"));
    });
    const ran = await run("--url", `${base}/hooks`, "--status-url", `${base}/{device_id}`, ...secrets);
    expect([ran.code, ran.stdout.includes("NOT CONFORMANT")]).toEqual([1, true]);
    expectCleanOutput(ran);
  });

  test("that is unreachable: exits with 3", async () => {
    const ran = await run("--url", "http://127.0.0.1:9/hooks", ...secrets);
    expect([ran.code, ran.stdout.includes("--url, and check that the consumer is running")]).toEqual([
      3,
      true,
    ]);
  });
});

test.each<[string, string[], string]>([
  ["no URL", ["--secret", generateSecret()], "--url"],
  ["no secret", ["--url", "http://127.0.0.1:9/"], "CONFORMANCE_WEBHOOK_SECRETS"],
  ["an invalid secret", ["--url", "http://127.0.0.1:9/", "--secret", "hunter2hunter2"], "whsec_"],
  [
    "a status URL without {device_id}",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--status-url", "http://127.0.0.1:9/"],
    "{device_id}",
  ],
  [
    "an inventory without a key",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--inventory-port", "0"],
    "--inventory-key",
  ],
  [
    "an invalid interval",
    [
      ...["--url", "http://127.0.0.1:9/", "--secret", generateSecret()],
      ...["--inventory-port", "0", "--inventory-key", KEY, "--poll-seconds", "soon"],
    ],
    "--poll-seconds",
  ],
  [
    "only polling, without an inventory",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--only", "RCV-018"],
    "--inventory-port",
  ],
  [
    "a requirement for vendors",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--only", "INV-001"],
    "Unknown consumer requirement",
  ],
])("%s: exits with 2 and advice", async (_, args, words) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("hunter2");
});

test("--only tests only that requirement and never certifies", async () => {
  const { args } = await ingestServer(join(await temporaryFolder(), "ingest.db"));
  const ran = await runInRealTime(...args, "--only", "rcv-002", "--json");
  const report = JSON.parse(ran.stdout);
  expect([ran.code, report.partial]).toEqual([4, true]);
  expect(
    report.requirements.map(({ id, verdict }: { id: string; verdict: string }) => `${id} ${verdict}`),
  ).toEqual(["RCV-002 pass"]);
});
