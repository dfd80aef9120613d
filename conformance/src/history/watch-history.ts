import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";
import type { Clock } from "../harness/clock.ts";

const text = z.string().max(600);
const verdict = z.enum(["pass", "fail", "warn", "info", "not-applicable", "could-not-run", "harness-error"]);

const entrySchema = z.strictObject({
  version: z.literal("1"),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  target: z.string(),
  suite: z.string(),
  seed: z.int().nullable(),
  state: z.enum(["met", "broken", "incomplete", "unreachable", "harness_error"]),
  /** Why the run ended early, or was not compared with the previous run; `null` if neither applies. */
  reason: text.nullable(),
  verdicts: z.record(z.string(), verdict),
  /** The results of the comparison with the previous run, by requirement. */
  compared: z.record(z.string(), z.enum(["pass", "fail", "could-not-run"])),
  /** The first failure of each broken requirement. */
  problems: z.array(z.strictObject({ id: z.string(), at: text, expected: text, actual: text, hint: text })),
});

/** The record of one run of `watch`, stored as one line of the history file. */
export type WatchEntry = z.infer<typeof entrySchema>;

/** Reports a history file that this version cannot continue; the message says what to do. */
export class HistoryError extends Error {
  readonly code = "history";
  constructor(message: string) {
    super(message);
    this.name = "HistoryError";
  }
}

/** The runs in a history file, oldest first. */
export interface WatchHistory {
  readonly entries: readonly WatchEntry[];
  /** How many lines are not entries, for example because a crash interrupted writing. */
  readonly damaged: number;
}

function parseLine(file: string, line: string): WatchEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = entrySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = z.looseObject({ version: z.string() }).safeParse(value).data?.version;
  if (version === undefined || version === "1") return null;
  throw new HistoryError(
    `${file} has entries of version ${JSON.stringify(version)}, and this version of the suite writes version 1. Use a newer version of the suite, or another folder.`,
  );
}

/** Reads a history file. A file that does not exist counts as empty. @throws {HistoryError} */
export async function readHistory(file: string): Promise<WatchHistory> {
  const content = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new HistoryError(`Cannot read the history from ${file}: ${error.message}.`);
  });
  const lines = content.split("\n").filter((line) => line !== "");
  const entries = lines.flatMap((line) => parseLine(file, line) ?? []);
  return { entries, damaged: lines.length - entries.length };
}

/**
 * Appends an entry with one write, and returns after the entry is on disk. If a crash cut off the previous
 * line, the entry still starts a new line.
 *
 * @throws {HistoryError}
 */
export async function appendEntry(file: string, entry: WatchEntry): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, "a+");
    try {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      const isCutOff = size > 0 && buffer.toString() !== "\n";
      await handle.appendFile(`${isCutOff ? "\n" : ""}${JSON.stringify(entrySchema.parse(entry))}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof z.ZodError) throw error;
    throw new HistoryError(`Cannot write the history to ${file}: ${(error as Error).message}.`);
  }
}

/**
 * How far a history may exceed its limit. With this slack, a run does not have to rewrite the file every
 * time.
 */
const SLACK = 1.25;

/** Returns the entries that a history file keeps, if it has grown enough to be rewritten; otherwise `null`. */
export const entriesToKeep = (entries: readonly WatchEntry[], max: number): readonly WatchEntry[] | null =>
  entries.length > max * SLACK ? entries.slice(-max) : null;

/** The process that runs `watch` in a folder, and the time by which it ends. */
const lockSchema = z.strictObject({ pid: z.int(), host: z.string(), until: z.number() });

/** Tells whether a process of this machine is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Whether a lock's process may still run. In a container, a restarted process can have the same id as the
 * process that crashed.
 */
function isHeld(content: string, now: number): boolean {
  let value: unknown = null;
  try {
    value = JSON.parse(content);
  } catch {
    // Another process has just created the file, or crashed while it did: the file is removed if it stays this way.
  }
  const { data: lock } = lockSchema.safeParse(value);
  if (!lock || lock.until <= now) return false;
  return lock.host !== hostname() || (lock.pid !== process.pid && isAlive(lock.pid));
}

/**
 * Runs `work` unless another process does so in the same folder. A lock of a crashed process does not count,
 * and no lock lasts longer than `maxMs`.
 *
 * @returns `null` if another process holds the lock
 */
export async function withLock<T>(
  file: string,
  { clock, maxMs }: { readonly clock: Clock; readonly maxMs: number },
  work: () => Promise<T>,
): Promise<T | null> {
  const own = JSON.stringify({ pid: process.pid, host: hostname(), until: clock.now() + maxMs });
  const create = async () => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, own, { flag: "wx" });
  };
  try {
    await create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw new HistoryError(`Cannot write the lock ${file}: ${(error as Error).message}.`);
    if (isHeld(await readFile(file, "utf8").catch(() => ""), clock.now())) return null;
    // If two processes find the same abandoned lock, only one of them can rename it.
    const old = `${file}.${process.pid}.old`;
    const isTaken = await rename(file, old).then(
      () => true,
      () => false,
    );
    await rm(old, { force: true });
    if (!isTaken) return null;
    try {
      await create();
    } catch {
      return null;
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
