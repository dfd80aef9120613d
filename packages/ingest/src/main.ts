#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { ownSecret } from "./binding/own-secret.ts";
import { createLog } from "./log.ts";
import { createIngestServer } from "./server.ts";

interface ServeFlags {
  readonly port: number;
  readonly db: string;
  readonly host: string;
  readonly publicUrl?: string;
}

const portNumber = (text: string): number => {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("Give a port number from 0 to 65535.");
  return port;
};

const databaseFile = (text: string): string => {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw new InvalidArgumentError("This version stores in SQLite alone: give the path of a file.");
  }
  return text;
};

const httpUrl = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError("Give an http or https URL.");
  return text;
};

async function serve({ port, db, host, publicUrl }: ServeFlags): Promise<void> {
  // What is written may name people and places: it is for this user alone.
  process.umask(0o077);
  const log = createLog();
  const key = await ownSecret(process.env["CONVERGINT_INGEST_KEY"], `${db}.key`);
  const token = await ownSecret(process.env["CONVERGINT_INGEST_ADMIN_TOKEN"], `${db}.token`);
  if (key.file)
    log.info(
      `vendors' credentials are encrypted with the key in ${key.file}: keep it apart from backups of the database`,
    );
  if (token.file) log.info(`the admin token is in ${token.file}`);
  const server = await createIngestServer({
    database: db,
    encryptionKey: key.value,
    adminToken: token.value,
    publicUrl,
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
    server.close().catch((error: unknown) => {
      log.fatal({ err: error }, "the server could not stop cleanly");
      process.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  // Last: whoever reads this may send a signal at once.
  process.stdout.write(`${JSON.stringify({ base_url, db, admin_token_file: token.file })}\n`);
}

const program = new Command("convergint-ingest").description(
  "The reference ingestion server: receives a vendor's webhooks, polls its inventory, knows each device's status.",
);
program
  .command("serve")
  .description("Run the server.")
  .option("--port <n>", "port to listen on; 0 takes a free one", portNumber, 8080)
  .option(
    "--db <path>",
    "the database: path of a SQLite file, made where there is none",
    databaseFile,
    "ingest.db",
  )
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--public-url <url>", "how vendors reach this server, where that is not where it listens", httpUrl)
  .addHelpText(
    "after",
    `
Environment:
  CONVERGINT_INGEST_KEY          base64 of 32 bytes that credentials are encrypted with (default: the file DB.key)
  CONVERGINT_INGEST_ADMIN_TOKEN  what callers of /v1 authenticate with (default: the file DB.token)`,
  )
  .action(serve);
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already; help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`convergint-ingest: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
