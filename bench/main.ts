import { Argument, Command } from "commander";
import { delivery } from "./delivery.ts";
import { ingest } from "./ingest.ts";
import { ingestHistory } from "./ingest-history.ts";
import { inventory } from "./inventory.ts";
import { webhooks } from "./webhooks.ts";

const benchmarks = { webhooks, delivery, inventory, ingest, history: ingestHistory } as const;
const names = Object.keys(benchmarks) as (keyof typeof benchmarks)[];

async function bench(chosen: readonly (keyof typeof benchmarks)[]): Promise<void> {
  console.log(
    `Node ${process.version}. Medians of alternating rounds; the last column is the ratio to the floor.`,
  );
  for (const name of chosen.length > 0 ? chosen : names) await benchmarks[name]();
}

await new Command("bench")
  .description("Measure the kit against the floor and against what people would use instead, in one run.")
  .addArgument(new Argument("[name...]", "which benchmarks; all by default").choices(names))
  .action(bench)
  .parseAsync();
