import { Argument, Command } from "commander";
import { delivery } from "./delivery.ts";
import { failover, fullVolume } from "./failover.ts";
import { forged } from "./forged.ts";
import { ingest } from "./ingest.ts";
import { ingestHistory } from "./ingest-history.ts";
import { inventory } from "./inventory.ts";
import { DEVICES, listing } from "./listing.ts";
import { profiles } from "./profiles.ts";
import { webhooks } from "./webhooks.ts";

const benchmarks = {
  webhooks,
  delivery,
  inventory,
  ingest,
  history: ingestHistory,
  listing,
  forged,
  profiles,
} as const;
/** What breaks a database, and counts what was lost. They run only by name, because they take over ports and mount a volume. */
const failures = { failover, "full-volume": fullVolume } as const;

const all = { ...benchmarks, ...failures };
type Name = keyof typeof all;
const names = Object.keys(benchmarks) as Name[];

async function bench(chosen: readonly Name[], options: { readonly devices: number }): Promise<void> {
  console.log(
    `Node ${process.version}. Medians of alternating rounds. Each ratio compares a row with the first row, the floor.`,
  );
  for (const name of chosen.length > 0 ? chosen : names) await all[name](options);
}

await new Command("bench")
  .description("Compare the kit with the floor and with alternative packages, in one run.")
  .addArgument(
    new Argument("[name...]", "benchmarks to run (default: all except failover and full-volume)").choices(
      Object.keys(all),
    ),
  )
  .option("--devices <n>", "how many devices the vendor of `listing` has", Number, DEVICES)
  .action(bench)
  .parseAsync();
