import { Command } from "commander";
import { certifyVariation, describeVariedRun, observeVariation } from "../matrix/variations.ts";

interface Flags {
  readonly seeds: number;
  readonly from: number;
  readonly observe: boolean;
}

async function run({ seeds, from, observe }: Flags): Promise<void> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const failed: string[] = [];
  const incomplete: string[] = [];
  let done = 0;
  for (let seed = from; seed < from + seeds && !interrupt.signal.aborted; seed += 1) {
    const certify = observe ? observeVariation : certifyVariation;
    const varied = await certify(seed, interrupt.signal);
    if (interrupt.signal.aborted) break;
    done += 1;
    const found = describeVariedRun(varied);
    console.log(`${done}/${seeds} seed ${seed} ${varied.run.conclusion} ${varied.drawn}`);
    for (const line of found.failures) console.log(`  ✗ ${line}`);
    for (const line of found.incomplete) console.log(`  ? ${line}`);
    if (found.failures.length > 0) failed.push(...found.failures);
    else if (varied.run.conclusion !== "certified") incomplete.push(...found.incomplete);
  }
  const seedsOf = (lines: readonly string[]) => new Set(lines.map((line) => line.split(":", 1)[0])).size;
  console.log(
    `\n${done} variations: ${done - seedsOf(failed) - seedsOf(incomplete)} certified, ${seedsOf(incomplete)} incomplete, ${seedsOf(failed)} with a failure.`,
  );
  for (const line of failed) console.error(`✗ ${line}`);
  if (failed.length > 0) process.exitCode = 1;
  if (interrupt.signal.aborted) process.exitCode = 130;
}

await new Command("variations")
  .description(
    "Run the suite against conforming vendors that differ from the reference vendor. No check may fail one.",
  )
  .option("--seeds <n>", "how many variations to run", Number, 200)
  .option("--from <seed>", "the first seed; with --seeds 1, repeats one variation", Number, 1)
  .option("--observe", "watch the vendor in a passive window instead", false)
  .action(run)
  .parseAsync();
