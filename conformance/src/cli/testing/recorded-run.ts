import { createHash } from "node:crypto";
import { glob, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createCampus } from "@convergint/example-vendor-cloud";
import { isAlive } from "../../history/watch-history.ts";
import { formatNames } from "../../report/formats.ts";
import { API_KEY, type Ended, SMALL_CAMPUS, startIn } from "./harness.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PREFIX = "conformance-recorded-";

/** A run of the reference vendor that is recorded once per test run, for tests that only read its results. */
export interface RecordedRun {
  readonly ended: Ended;
  /** The evidence bundle. Copy it before changing it. */
  readonly bundle: string;
  /** Returns the file of a report. */
  readonly reportFile: (format: string) => string;
}

/** Which profiles to certify: everything that the manifest claims, or only polling. */
type Scope = "claimed" | "inventory";

async function hashSources(): Promise<string> {
  const hash = createHash("sha256");
  const files: string[] = [];
  for await (const file of glob(
    ["conformance/src/**/*.ts", "packages/*/src/**/*.ts", "examples/*/src/**/*.ts"],
    {
      cwd: ROOT,
    },
  )) {
    files.push(file);
  }
  for (const file of files.toSorted()) hash.update(file).update(await readFile(join(ROOT, file)));
  return hash.digest("hex").slice(0, 16);
}

/** Removes the recordings of test runs that are over. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = name.startsWith(PREFIX) ? (/-(\d+)-/.exec(name) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function record(folder: string, scope: Scope): Promise<void> {
  const campus = createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS });
  try {
    const ended = await startIn(
      { folder },
      ...[
        "run",
        "--target",
        await campus.listen(),
        "--api-key",
        API_KEY,
        "--seed",
        "11",
        "--bundle",
        "bundle.json",
      ],
      ...(scope === "inventory" ? ["--profile", "inventory"] : []),
      ...formatNames.flatMap((format) => ["--report", `${format}=report.${format}`]),
    ).ended;
    await writeFile(join(folder, "ended.json"), JSON.stringify(ended));
  } finally {
    await campus.close();
  }
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Runs `work` in one process at a time; other processes wait until that process finishes or dies. */
async function withLock(lock: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const owner = Number(await readFile(lock, "utf8").catch(() => ""));
      if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true });
      else await sleep(50);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

const loaded = new Map<Scope, Promise<RecordedRun>>();

/** Returns the recorded run; the first caller of a test run records it. */
export function loadRecordedRun(scope: Scope): Promise<RecordedRun> {
  const known = loaded.get(scope) ?? load(scope);
  loaded.set(scope, known);
  return known;
}

async function load(scope: Scope): Promise<RecordedRun> {
  // The parent process of a worker is the test run, so the parent's id identifies the test run.
  const folder = join(tmpdir(), `${PREFIX}${scope}-${process.ppid}-${await hashSources()}`);
  const result = join(folder, "ended.json");
  await mkdir(folder, { recursive: true });
  await withLock(join(folder, "lock"), async () => {
    if (await exists(result)) return;
    await removeStale();
    await record(folder, scope);
  });
  return {
    ended: JSON.parse(await readFile(result, "utf8")) as Ended,
    bundle: join(folder, "bundle.json"),
    reportFile: (format) => join(folder, `report.${format}`),
  };
}
