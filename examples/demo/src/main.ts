import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { Part } from "./part.ts";
import { type Access, runStory } from "./story.ts";

/** On a terminal, rewrites one line; elsewhere, the titles of the steps are enough. */
function showProgress(text: string): void {
  if (!process.stdout.isTTY) return;
  const line = text.slice(0, Math.max(0, (process.stdout.columns ?? 80) - 5));
  process.stdout.write(`\r\u001b[K${line && `    ${line}`}`);
}

/** Says how to use what runs on. Both credentials are random and end with the demo. */
const describeAccess = ({ campusUrl, apiKey, serverUrl, adminToken }: Access): string => `
vendor's API key       ${apiKey}
server's admin token   ${adminToken}

  curl -H "Authorization: Bearer ${apiKey}" "${campusUrl}/v1/devices?limit=2"
  curl -H "Authorization: Bearer ${adminToken}" "${serverUrl}/v1/devices?status=offline"`;

async function demo({ keep }: { keep: boolean }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vendor-cloud-kit-"));
  const parts: Part[] = [];
  const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  const print = (text: string) => console.log(text);
  const keepPart = (part: Part) => {
    parts.push(part);
    return part;
  };
  let access: Access | null = null;
  const finished = runStory({ folder, print, showProgress, keepPart }).then(
    (started) => {
      access = started;
      return 0;
    },
    (error: unknown) => {
      console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    },
  );
  const code = await Promise.race([finished, interrupted.then(() => 130)]);
  if (keep && code === 0) {
    if (access) print(describeAccess(access));
    print(
      `\nEverything keeps running. The database and the reports stay in ${folder}. Press Ctrl-C to stop.`,
    );
    await interrupted;
  }
  await Promise.all(parts.map((part) => part.stop()));
  if (!keep) await rm(folder, { recursive: true });
  if (code === 0) print("\nAll steps succeeded. ✓");
  process.exit(code);
}

await new Command("demo")
  .description("Run the kit end to end: certify a vendor, receive its webhooks, and detect a broken vendor.")
  .option(
    "--keep",
    "keep everything running until Ctrl-C, and keep the reports; prints the credentials",
    false,
  )
  .action(demo)
  .parseAsync();
