import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig, redactConfig, withoutPassword } from "./config.ts";

const PASSWORD = "canary-Pa55";

test.each([
  [`postgres://app:${PASSWORD}@db.example:5433/ingest`, "postgres://app@db.example:5433/ingest"],
  [`postgresql://db.example/ingest?user=app&password=${PASSWORD}`, "postgres://app@db.example/ingest"],
  [`postgres://app@db.example/ingest?sslpassword=${PASSWORD}`, "postgres://app@db.example/ingest"],
  [`postgres://app:${PASSWORD}%2F%3F%23@db.example/ingest`, "postgres://app@db.example/ingest"],
  ["/var/lib/ingest.db", "/var/lib/ingest.db"],
])("shows a database without its password: case %#", (database, shown) => {
  expect(withoutPassword(database)).toBe(shown);
});

test.each([
  ["several hosts", `postgres://app:${PASSWORD}@a.example:1,b.example:2/ingest`],
  ["a slash in the password", `postgres://app:${PASSWORD}/x@db.example/ingest`],
  ["connection parameters", `host=db.example password=${PASSWORD} dbname=ingest`],
  ["one connection parameter", `password = ${PASSWORD}`],
])("refuses a database given with %s, without showing it", async (_, database) => {
  const loading = loadConfig({ flags: { database }, environment: {} });
  const error: Error = await loading.then(
    ({ database: read }) => new Error(`accepted as ${withoutPassword(read)}`),
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ code: "invalid_config" });
  expect(error.message).toMatch(/postgres:\/\/ URL/);
  expect(error.message).not.toContain("canary");
  if (database.includes("://")) expect(withoutPassword(database)).not.toContain("canary");
});

test.each([
  ["max_response_bytes", 1024],
  ["max_page_items", 500],
  ["max_item_bytes", 1024],
  ["max_listing_seconds", 1],
  ["max_listing_pages", 1],
  ["max_listing_items", 1],
  ["max_listing_bytes", 1024],
])("refuses %s below %d", async (setting, min) => {
  const load = (limit: number) =>
    loadConfig({
      flags: {},
      environment: { [`CONVERGINT_INGEST_${setting.toUpperCase()}`]: String(limit) },
    });
  expect(await load(min)).toMatchObject({ [setting]: min });
  await expect(load(min - 1)).rejects.toMatchObject({
    code: "invalid_config",
    message: expect.stringContaining(`CONVERGINT_INGEST_${setting.toUpperCase()}: Send `),
  });
});

test("reads networks from the file, the environment and the command line", async () => {
  const load = (environment: Record<string, string>, flags = {}) => loadConfig({ flags, environment });
  const fromEnvironment = await load({
    CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS: "10.0.0.0/8, fd00::/8",
    CONVERGINT_INGEST_ALLOW_SUBSCRIBER_NETWORKS: "192.168.1.7 172.16.0.0/12",
  });
  expect(fromEnvironment).toMatchObject({
    allow_private_networks: ["10.0.0.0/8", "fd00::/8"],
    allow_subscriber_networks: ["192.168.1.7", "172.16.0.0/12"],
  });
  expect(await load({})).toMatchObject({ allow_private_networks: [], allow_subscriber_networks: [] });
  const flags = { allow_private_networks: ["10.1.0.0/16"] };
  expect(await load({ CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS: "10.0.0.0/8" }, flags)).toMatchObject(flags);
  await expect(load({ CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS: "10.0.0.0/80" })).rejects.toMatchObject({
    code: "invalid_config",
    message: expect.stringMatching(/CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS: .*10\.0\.0\.0\/80.*CIDR/),
  });
});

test("shows a proxy without its password, and refuses a malformed one without repeating it", async () => {
  const load = (proxy: string, dns = "local") =>
    loadConfig({
      flags: { proxy_dns: dns },
      environment: { CONVERGINT_INGEST_PROXY: proxy },
    });
  const url = `http://bob:${PASSWORD}@proxy.example:3128`;
  const config = await load(url);
  expect(config).toMatchObject({ proxy: url, proxy_dns: "local" });
  expect(redactConfig(config)).toMatchObject({ proxy: "http://proxy.example:3128", proxy_dns: "local" });
  expect(redactConfig(await loadConfig({ flags: {}, environment: {} }))).not.toHaveProperty("proxy");
  await expect(load(url, "both")).rejects.toThrow('--proxy-dns: Send "local" or "remote"');
  const error = await load(`http://bob:${PASSWORD}/x@proxy.example`).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({
    code: "invalid_config",
    message: expect.stringContaining("CONVERGINT_INGEST_PROXY: Give the proxy as http://HOST:PORT"),
  });
  expect(String(error)).not.toContain(PASSWORD);
});

test("reads the senders that may ask to deliver", async () => {
  const load = (origins: string) =>
    loadConfig({ flags: {}, environment: { CONVERGINT_INGEST_ALLOW_WEBHOOK_ORIGINS: origins } });
  expect(await load("eventgrid.azure.net, Events.example")).toMatchObject({
    allow_webhook_origins: ["eventgrid.azure.net", "Events.example"],
  });
  for (const origin of ["*", "https://eventgrid.azure.net", "a/b"])
    await expect(load(origin)).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringMatching(/CONVERGINT_INGEST_ALLOW_WEBHOOK_ORIGINS: Give host names/),
    });
});

test("names each invalid setting as it was given, and says what to set", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingest-config-"));
  const load = async (content: string, flags = {}, environment = {}) => {
    const file = join(folder, "settings.json");
    await writeFile(file, content);
    const message = await loadConfig({ flags, environment, file }).then(
      () => "accepted",
      (error: Error) => error.message,
    );
    return message.replaceAll(file, "FILE");
  };
  expect(await load("[1]")).toBe(
    'The configuration file FILE contains no JSON object, such as {"port": 8080}.',
  );
  expect(
    await load(
      `{"prot": 1, "log_level": "loud"}`,
      { host: "", public_url: "x" },
      { CONVERGINT_INGEST_KEEP_LEDGER_DAYS: "1" },
    ),
  ).toBe(
    "Invalid configuration: --public-url: Give an http or https URL." +
      ` log_level in FILE: Send "trace", "debug", "info", "warn", "error" or "fatal".` +
      " CONVERGINT_INGEST_KEEP_LEDGER_DAYS: Send a number that is at least 7." +
      ` FILE: Remove "prot": no such field exists.`,
  );
  await rm(folder, { recursive: true });
});
