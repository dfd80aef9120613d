import { type Command, InvalidArgumentError } from "commander";
import { type Config, loadConfig, shownConfig, withoutPassword } from "../config.ts";
import { createLog } from "../log.ts";
import { startTraces } from "../observe/traces.ts";
import { createIngestServer } from "../server.ts";
import { serverSecrets } from "./server-secrets.ts";

interface ServeFlags {
  readonly port?: number;
  readonly db?: string;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly config?: string;
  readonly printConfig?: boolean;
}

const DAY_MS = 86_400_000;

const portNumber = (text: string): number => {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("Give a port number from 0 to 65535.");
  return port;
};

async function run(config: Config): Promise<void> {
  const { database, host, port } = config;
  const log = createLog({ level: config.log_level });
  const { encryptionKey, adminToken } = await serverSecrets(config);
  if (encryptionKey.file)
    log.info(
      `vendors' credentials are encrypted with the key in ${encryptionKey.file}: keep it apart from backups of the database`,
    );
  if (adminToken.file) log.info(`the admin token is in ${adminToken.file}`);
  const endTraces = startTraces(process.env);
  const server = await createIngestServer({
    database,
    encryptionKey: encryptionKey.value,
    adminToken: adminToken.value,
    publicUrl: config.public_url,
    keepMs: {
      events: config.keep_events_days * DAY_MS,
      changes: config.keep_changes_days * DAY_MS,
      ledger: config.keep_ledger_days * DAY_MS,
    },
    log,
    onFatal(error) {
      log.fatal({ err: error }, "nothing can be stored any more; ending, to be started again");
      // Those who wait are told first that nothing was stored.
      setTimeout(() => process.exit(1), 500);
    },
  });
  const base_url = await server.listen({ port, host });
  const stop = () => {
    log.info("stopping: storing and answering what was taken in");
    const ended = server.close().then(endTraces);
    ended.catch((error: unknown) => {
      log.fatal({ err: error }, "the server could not stop cleanly");
      process.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  // Last: whoever reads this may send a signal at once.
  const ready = { base_url, db: withoutPassword(database), admin_token_file: adminToken.file };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

/** Adds the command that runs the server. */
export function serveCommand(program: Command): void {
  program
    .command("serve")
    .description("Run the server.")
    .option("--port <n>", "port to listen on; 0 takes a free one (default: 8080)", portNumber)
    .option(
      "--db <path or URL>",
      "path of a SQLite file, made where there is none, or a postgres:// URL (default: ingest.db)",
    )
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--public-url <url>", "how vendors reach this server, where that is not where it listens")
    .option("--config <file>", "a JSON file with settings, named as --print-config shows them")
    .option("--print-config", "show the settings as they would be, without secrets, and end")
    .addHelpText(
      "after",
      `
Settings come from the command line, the environment, the file and defaults, in this order. Each has a variable:
  CONVERGINT_INGEST_DB, _HOST, _PORT, _PUBLIC_URL, _LOG_LEVEL, _KEEP_EVENTS_DAYS, _KEEP_CHANGES_DAYS, _KEEP_LEDGER_DAYS
  CONVERGINT_INGEST_KEY          base64 of 32 bytes that credentials are encrypted with; several, separated by commas,
                                 while a new one, the first, replaces an old one (default for SQLite: the file DB.key)
  CONVERGINT_INGEST_ADMIN_TOKEN  a token of the role admin (default for SQLite: the file DB.token)
  …_KEY_FILE, …_ADMIN_TOKEN_FILE the same in files
  OTEL_EXPORTER_OTLP_ENDPOINT    where traces are sent`,
    )
    .action(async ({ port, db, host, publicUrl, config: file, printConfig }: ServeFlags) => {
      // What is written may name people and places: it is for this user alone.
      process.umask(0o077);
      const config = await loadConfig({
        flags: { port, database: db, host, public_url: publicUrl },
        environment: process.env,
        file,
      });
      if (printConfig) process.stdout.write(`${JSON.stringify(shownConfig(config), null, 2)}\n`);
      else await run(config);
    });
}
