import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { createIngestServer, createLog } from "@convergint/ingest";
import { startPostgres, type TestPostgres } from "@convergint/testing/postgres";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, expectCivil, serve, standing, temporaryFolder } from "./testing/world.ts";

const ADMIN = "token-of-the-admin-of-these-tests";
const KEY = "key-of-the-campus-of-these-tests";

/** The ingestion server with two integrations, of which the first is in the middle of a rotation. */
async function ingestServer(database: string) {
  const campus = createCampus({ seed: 3, apiKeys: [{ key: KEY, orgIds: "all" }] });
  const vendor = await standing(campus);
  const server = await createIngestServer({
    database,
    encryptionKey: randomBytes(32).toString("base64"),
    adminToken: ADMIN,
    log: createLog({ level: "silent" }),
    onFatal: (error) => {
      throw error;
    },
  });
  const url = await standing({ app: null, listen: () => server.listen(), close: () => server.close() });
  const onboard = async (...webhook_secrets: string[]) => {
    const response = await fetch(`${url}/v1/integrations`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
      body: JSON.stringify({
        name: "Campus",
        base_url: vendor,
        api_key: KEY,
        poll_seconds: 86_400,
        webhook_secrets,
        customer_id: "cust_1",
      }),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as { integration_id: string; webhook_url: string };
  };
  const orgs = await fetch(`${vendor}/v1/orgs`, { headers: { authorization: `Bearer ${KEY}` } });
  const [org] = ((await orgs.json()) as { data: { org_id: string }[] }).data;
  const secrets = [generateSecret(), generateSecret()];
  const other = generateSecret();
  const integration = await onboard(...secrets);
  await onboard(other);
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

describe("the reference ingestion server is certified", () => {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres?.stop());

  test.for([
    ["SQLite", async () => join(await temporaryFolder(), "ingest.db")],
    ["PostgreSQL", () => postgres?.createDatabase()],
  ] as const)("on %s", async ([, makeDatabase], { skip }) => {
    const database = await makeDatabase();
    // Said by startPostgres, in words that cannot be missed.
    if (database === undefined) return skip();
    const { args, secrets } = await ingestServer(database);
    const folder = await temporaryFolder();
    const written = ["bundle.json", "report.json", "report.xml", "report.md", "report.har"].map((name) =>
      join(folder, name),
    );
    const [bundle = "", json, junit, markdown, har] = written;
    const formats = [`json=${json}`, `junit=${junit}`, `markdown=${markdown}`, `har=${har}`];
    const ran = await run(...args, "--bundle", bundle, ...formats.flatMap((format) => ["--report", format]));
    expect(ran.stdout).toContain("CERTIFIED");
    expect(ran.code).toBe(0);
    expectCivil(ran);
    const kept = await Promise.all(written.map((file) => readFile(file, "utf8")));
    for (const secret of secrets) {
      for (const text of [ran.stdout, ran.stderr, ...kept]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(secret.replace("whsec_", ""));
      }
    }
    const again = await cli("regrade", bundle);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("the same verdicts")]);
  });

  test("and without what it takes to see the whole, it is not certified, and told what to give", async () => {
    const { args } = await ingestServer(join(await temporaryFolder(), "ingest.db"));
    const ran = await run(...args.slice(0, 2), ...args.slice(6, 8), "--json");
    const report = JSON.parse(ran.stdout);
    expect([ran.code, report.conclusion, report.subject]).toEqual([4, "incomplete", "receiver"]);
    const reasons = report.requirements
      .flatMap(({ reason }: { reason: string | null }) => reason ?? [])
      .join();
    for (const flag of ["--status-url", "--other-secret", "--secret twice"]) expect(reasons).toContain(flag);
  });
});

describe("worlds in which nothing certifies", () => {
  const secrets = [
    "--secret",
    generateSecret(),
    "--secret",
    generateSecret(),
    "--other-secret",
    generateSecret(),
  ];
  test.each<[string, number]>([
    ["takes everything", 204],
    ["refuses everything", 401],
    ["fails", 500],
    ["sends elsewhere", 302],
  ])("one that %s: exit 1", async (_, status) => {
    const base = await serve((request, response) => {
      request.resume().on("end", () => response.writeHead(status, { location: "/" }).end("{}"));
    });
    const ran = await run("--url", `${base}/hooks`, "--status-url", `${base}/{device_id}`, ...secrets);
    expect([ran.code, ran.stdout.includes("NOT CONFORMANT")]).toEqual([1, true]);
    expectCivil(ran);
  });

  test("one that is not there: exit 3", async () => {
    const ran = await run("--url", "http://127.0.0.1:9/hooks", ...secrets);
    expect([ran.code, ran.stdout.includes("--url, and that the consumer runs")]).toEqual([3, true]);
  });
});

test.each<[string, string[], string]>([
  ["no URL", ["--secret", generateSecret()], "--url"],
  ["no secret", ["--url", "http://127.0.0.1:9/"], "CONFORMANCE_WEBHOOK_SECRETS"],
  ["a secret that is none", ["--url", "http://127.0.0.1:9/", "--secret", "hunter2hunter2"], "whsec_"],
  [
    "a status URL of no device",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--status-url", "http://127.0.0.1:9/"],
    "{device_id}",
  ],
  [
    "a requirement for vendors",
    ["--url", "http://127.0.0.1:9/", "--secret", generateSecret(), "--only", "INV-001"],
    "no consumer requirement",
  ],
])("%s: exit 2, with what to give", async (_, args, words) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("hunter2");
});

test("one requirement alone is judged, and certifies nothing", async () => {
  const { args } = await ingestServer(join(await temporaryFolder(), "ingest.db"));
  const ran = await run(...args, "--only", "rcv-002", "--json");
  const report = JSON.parse(ran.stdout);
  expect([ran.code, report.partial]).toEqual([4, true]);
  expect(
    report.requirements.map(({ id, verdict }: { id: string; verdict: string }) => `${id} ${verdict}`),
  ).toEqual(["RCV-002 pass"]);
});
