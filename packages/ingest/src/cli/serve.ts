import { once } from "node:events";
import { createServer } from "node:net";
import { readProxy } from "@convergint/internal/proxy";
import { type Command, InvalidArgumentError } from "commander";
import { type Config, loadConfig, redactConfig, withoutPassword } from "../config.ts";
import { createLog } from "../log.ts";
import { startTraces } from "../observe/traces.ts";
import { createIngestServer } from "../server.ts";
import { resolveServerSecrets } from "./server-secrets.ts";
import type { Terminal } from "./terminal.ts";

interface ServeFlags {
  readonly port?: number;
  readonly db?: string;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly allowPrivateNetwork?: readonly string[];
  readonly allowSubscriberNetwork?: readonly string[];
  readonly proxy?: string;
  readonly proxyDns?: string;
  readonly allowWebhookOrigin?: readonly string[];
  readonly config?: string;
  readonly printConfig?: boolean;
}

const DAY_MS = 86_400_000;

/** Parses the port of a flag. */
export const parsePort = (text: string): number => {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("Give a port number from 0 to 65535.");
  return port;
};

/** Fails early if the server cannot listen, because a start creates the database and its secrets first. */
async function requireFreePort({ host, port }: Config): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, "listening");
  probe.close();
  await once(probe, "close");
}

async function run(config: Config, { env, stdout, stderr }: Terminal): Promise<void> {
  const { database, host, port } = config;
  const log = createLog({
    level: config.log_level,
    // Writes to the process's own standard error are synchronous, so that a crash loses no line.
    ...(stderr !== process.stderr && { destination: stderr }),
  });
  await requireFreePort(config);
  const { encryptionKey, adminToken } = await resolveServerSecrets(config);
  if (encryptionKey.file)
    log.info(
      `the key in ${encryptionKey.file} encrypts vendors' credentials; keep this file apart from backups of the database`,
    );
  if (adminToken.file) log.info(`the admin token is in ${adminToken.file}`);
  if (config.proxy !== undefined) {
    const { origin, dns } = readProxy({ url: config.proxy, dns: config.proxy_dns });
    log.info(`requests to public addresses use the proxy ${origin}, with ${dns} DNS`);
  }
  const endTraces = await startTraces(env);
  const server = await createIngestServer({
    database,
    encryptionKey: encryptionKey.value,
    adminToken: adminToken.value,
    publicUrl: config.public_url,
    allowPrivateNetworks: config.allow_private_networks,
    allowSubscriberNetworks: config.allow_subscriber_networks,
    proxy: config.proxy === undefined ? undefined : { url: config.proxy, dns: config.proxy_dns },
    allowWebhookOrigins: config.allow_webhook_origins,
    keepMs: {
      events: config.keep_events_days * DAY_MS,
      changes: config.keep_changes_days * DAY_MS,
      ledger: config.keep_ledger_days * DAY_MS,
    },
    vendorClient: {
      limits: {
        maxResponseBytes: config.max_response_bytes,
        maxPageItems: config.max_page_items,
        maxItemBytes: config.max_item_bytes,
        maxListingSeconds: config.max_listing_seconds,
        maxListingPages: config.max_listing_pages,
        maxListingItems: config.max_listing_items,
        maxListingBytes: config.max_listing_bytes,
      },
    },
    log,
    onFatal(error) {
      log.fatal({ err: error }, "the store failed permanently; the server exits and must be restarted");
      // Waits first, so that senders whose requests are pending receive their 503.
      setTimeout(() => process.exit(1), 500);
    },
  });
  const base_url = await server.listen({ port, host }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const stop = () => {
    log.info("stopping, after storing and answering the deliveries that were already accepted");
    const ended = server.close().then(endTraces);
    ended.catch((error: unknown) => {
      log.fatal({ err: error }, "the server could not stop cleanly");
      process.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  // This line is printed last, because a program that reads the line may send a signal immediately.
  const ready = { base_url, db: withoutPassword(database), admin_token_file: adminToken.file };
  stdout.write(`${JSON.stringify(ready)}\n`);
}

/** Adds the command that runs the server. */
export function serveCommand(program: Command, terminal: Terminal): void {
  program
    .command("serve")
    .description("Run the server.")
    .option("--port <n>", "port to listen on; 0 picks a free one (default: 8080)", parsePort)
    .option(
      "--db <path or URL>",
      "a postgres:// URL, or the path of a SQLite file, which is created if missing (default: ingest.db)",
    )
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option(
      "--public-url <url>",
      "the URL at which vendors reach this server (default: the address that the server listens on)",
    )
    .option(
      "--allow-private-network <cidr...>",
      "private networks that vendors and subscribers may be in, such as 10.0.0.0/8 (default: only public addresses, by https)",
    )
    .option(
      "--allow-subscriber-network <cidr...>",
      "private networks that only subscribers may be in (default: none)",
    )
    .option(
      "--proxy <url>",
      "proxy for requests to public addresses, such as http://proxy.example:3128 (default: none); use the variable for a proxy with a password",
    )
    .option(
      "--proxy-dns <where>",
      "local: resolve and check names here; remote: let the proxy resolve names (default: local)",
    )
    .option(
      "--allow-webhook-origin <host...>",
      "senders, such as eventgrid.azure.net, that ask with OPTIONS before their first delivery (default: none)",
    )
    .option("--config <file>", "a JSON file with settings; --print-config shows the names of the settings")
    .option("--print-config", "print the effective settings, without secrets, and exit")
    .addHelpText(
      "after",
      `
The command line overrides the environment, and the environment overrides the file. Each setting has an environment variable:
  CONVERGINT_INGEST_DB, _HOST, _PORT, _PUBLIC_URL, _LOG_LEVEL, _KEEP_EVENTS_DAYS, _KEEP_CHANGES_DAYS, _KEEP_LEDGER_DAYS
  CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS, _ALLOW_SUBSCRIBER_NETWORKS
                                 networks, separated by spaces or commas
  CONVERGINT_INGEST_PROXY        the proxy's URL, also with a password: http://USER:PASSWORD@proxy.example:3128
  CONVERGINT_INGEST_PROXY_DNS    local or remote
  CONVERGINT_INGEST_ALLOW_WEBHOOK_ORIGINS
                                 host names, separated by spaces or commas
  CONVERGINT_INGEST_MAX_RESPONSE_BYTES, _MAX_PAGE_ITEMS, _MAX_ITEM_BYTES
                                 what is accepted of a vendor in one response, decompressed (default: 16 MiB), in one page
                                 (default: 2000), and in one item (default: 256 KiB)
  CONVERGINT_INGEST_MAX_LISTING_SECONDS, _MAX_LISTING_PAGES, _MAX_LISTING_ITEMS, _MAX_LISTING_BYTES
                                 the budget of one listing: the vendor's time (default: 3600), pages (100000), items
                                 (2000000) and bytes (4 GiB). A vendor over budget is polled again after 6 hours
  CONVERGINT_INGEST_KEY          base64 of the 32-byte key that encrypts credentials (default for SQLite: the file
                                 DB.key). To replace the key, set "new,old" and start the server: it encrypts everything
                                 with the new key
  CONVERGINT_INGEST_ADMIN_TOKEN  a token with the admin role (default for SQLite: the file DB.token)
  …_KEY_FILE, …_ADMIN_TOKEN_FILE files that hold these secrets
  The other commands accept CONVERGINT_INGEST_TOKEN, and otherwise the admin token of the same variables.
  OTEL_EXPORTER_OTLP_ENDPOINT    where traces are sent`,
    )
    .action(async (given: ServeFlags) => {
      const { port, db, host, publicUrl, proxy, proxyDns, config: file, printConfig, ...allowed } = given;
      const config = await loadConfig({
        flags: {
          port,
          database: db,
          host,
          public_url: publicUrl,
          allow_private_networks: allowed.allowPrivateNetwork,
          allow_subscriber_networks: allowed.allowSubscriberNetwork,
          allow_webhook_origins: allowed.allowWebhookOrigin,
          proxy,
          proxy_dns: proxyDns,
        },
        environment: terminal.env,
        file,
      });
      if (printConfig) {
        terminal.stdout.write(`${JSON.stringify(redactConfig(config), null, 2)}\n`);
        return;
      }
      await run(config, terminal);
    });
}
