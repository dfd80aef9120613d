import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { Part } from "./part.ts";
import { tell } from "./story.ts";

async function demo({ keep }: { keep: boolean }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vendor-cloud-kit-"));
  const parts: Part[] = [];
  const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  const say = (text: string) => console.log(text);
  const standing = (part: Part) => {
    parts.push(part);
    return part;
  };
  const told = tell({ folder, say, standing }).then(
    () => 0,
    (error: unknown) => {
      console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    },
  );
  const code = await Promise.race([told, interrupted.then(() => 130)]);
  if (keep && code === 0) {
    say(`\nEverything keeps running; the database and the reports are in ${folder}. Ctrl-C ends it.`);
    await interrupted;
  }
  await Promise.all(parts.map((part) => part.stop()));
  await rm(folder, { recursive: true });
  // Says in one word what all of the above amounts to, for whoever reads the end first.
  if (code === 0) say("\nAll of this happened. ✓");
  process.exit(code);
}

await new Command("demo")
  .description("The kit's main job, end to end: certify a vendor, receive from it, and catch a broken one.")
  .option("--keep", "leave everything running until Ctrl-C", false)
  .action(demo)
  .parseAsync();
