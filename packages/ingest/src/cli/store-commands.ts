import { once } from "node:events";
import type { Command } from "commander";
import { loadConfig, withoutPassword } from "../config.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";

interface StoreFlags {
  readonly db?: string;
  readonly config?: string;
}

async function withStore(
  flags: StoreFlags,
  use: (store: Store, database: string) => Promise<void>,
): Promise<void> {
  const { database } = await loadConfig({
    flags: { database: flags.db },
    environment: process.env,
    file: flags.config,
  });
  const store = await openStore(database, (error) => {
    throw error;
  });
  try {
    await use(store, database);
  } finally {
    await store.close();
  }
}

const onStore = (command: Command): Command =>
  command
    .option("--db <path or URL>", "path of a SQLite file or a postgres:// URL (default: ingest.db)")
    .option("--config <file>", "a JSON file with settings");

/** Adds the commands that work on the database itself, whether a server runs or not. */
export function storeCommands(program: Command): void {
  onStore(program.command("migrate"))
    .description(
      "Bring the database to this version's schema. `serve` does it too; this is for doing it beforehand.",
    )
    .action((flags: StoreFlags) =>
      withStore(flags, async (_store, database) => {
        process.stderr.write(`${withoutPassword(database)} has the newest schema.\n`);
      }),
    );
  onStore(program.command("export"))
    .description("Write everything but secrets to standard output: a JSON record a line, as of one moment.")
    .action((flags: StoreFlags) =>
      withStore(flags, async (store) => {
        for await (const record of store.maintenance.export()) {
          if (!process.stdout.write(`${record}\n`)) await once(process.stdout, "drain");
        }
      }),
    );
}
