import { once } from "node:events";
import type { Command } from "commander";
import { loadConfig, withoutPassword } from "../config.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import type { Terminal } from "./terminal.ts";

interface StoreFlags {
  readonly db?: string;
  readonly config?: string;
}

async function withStore(
  flags: StoreFlags,
  { env: environment }: Terminal,
  use: (store: Store, database: string) => Promise<void>,
): Promise<void> {
  const { database } = await loadConfig({ flags: { database: flags.db }, environment, file: flags.config });
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
    .option("--db <path or URL>", "a postgres:// URL, or the path of a SQLite file (default: ingest.db)")
    .option("--config <file>", "a JSON file with settings");

/** Adds the commands that open the database directly. These commands need no running server. */
export function storeCommands(program: Command, terminal: Terminal): void {
  const { stdout, stderr } = terminal;
  onStore(program.command("migrate"))
    .description(
      "Migrate the database to the schema of this server version. `serve` also does this when it starts.",
    )
    .action((flags: StoreFlags) =>
      withStore(flags, terminal, async (_store, database) => {
        stderr.write(`${withoutPassword(database)} has the newest schema.\n`);
      }),
    );
  onStore(program.command("export"))
    .description(
      "Write a consistent snapshot of all data except secrets to standard output, one JSON record per line.",
    )
    .action((flags: StoreFlags) =>
      withStore(flags, terminal, async (store) => {
        for await (const record of store.maintenance.export()) {
          if (!stdout.write(`${record}\n`)) await once(stdout, "drain");
        }
      }),
    );
}
