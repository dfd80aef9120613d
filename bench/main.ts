import { Argument, Command } from "commander";
import { delivery } from "./delivery.ts";
import { forged } from "./forged.ts";
import { ingest } from "./ingest.ts";
import { ingestHistory } from "./ingest-history.ts";
import { inventory } from "./inventory.ts";
import { DEVICES, listing } from "./listing.ts";
import { webhooks } from "./webhooks.ts";

const benchmarks = {
  webhooks,
  delivery,
  inventory,
  ingest,
  history: ingestHistory,
  listing,
  forged,
} as const;
const names = Object.keys(benchmarks) as (keyof typeof benchmarks)[];

async function bench(
  chosen: readonly (keyof typeof benchmarks)[],
  options: { readonly devices: number },
): Promise<void> {
  console.log(
    `Node ${process.version}. Medians of alternating rounds. Each ratio compares a row with the first row, the floor.`,
  );
  for (const name of chosen.length > 0 ? chosen : names) await benchmarks[name](options);
}

await new Command("bench")
  .description("Compare the kit with the floor and with alternative packages, in one run.")
  .addArgument(new Argument("[name...]", "benchmarks to run (default: all)").choices(names))
  .option("--devices <n>", "how many devices the vendor of `listing` has", Number, DEVICES)
  .action(bench)
  .parseAsync();
