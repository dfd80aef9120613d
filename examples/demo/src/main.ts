import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { Part } from "./part.ts";
import { runStory } from "./story.ts";

async function demo({ keep }: { keep: boolean }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vendor-cloud-kit-"));
  const parts: Part[] = [];
  const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  const print = (text: string) => console.log(text);
  const keepPart = (part: Part) => {
    parts.push(part);
    return part;
  };
  const finished = runStory({ folder, print, keepPart }).then(
    () => 0,
    (error: unknown) => {
      console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    },
  );
  const code = await Promise.race([finished, interrupted.then(() => 130)]);
  if (keep && code === 0) {
    print(`\nEverything keeps running. The database and the reports are in ${folder}. Press Ctrl-C to stop.`);
    await interrupted;
  }
  await Promise.all(parts.map((part) => part.stop()));
  await rm(folder, { recursive: true });
  if (code === 0) print("\nAll steps succeeded. ✓");
  process.exit(code);
}

await new Command("demo")
  .description("Run the kit end to end: certify a vendor, receive its webhooks, and detect a broken vendor.")
  .option("--keep", "keep everything running until Ctrl-C", false)
  .action(demo)
  .parseAsync();
