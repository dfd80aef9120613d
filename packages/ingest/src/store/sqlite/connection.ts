import { closeSync, openSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { StoreError } from "../store.ts";

/**
 * How SQLite's error codes begin if the disk or the file fails, or another program holds a lock. Every other
 * statement would then fail too.
 */
const OUTAGE_CODES = [
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_READONLY",
  "SQLITE_CANTOPEN",
  "SQLITE_PERM",
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "SQLITE_PROTOCOL",
  "SQLITE_NOMEM",
] as const;

/** Whether the disk or the file fails, and not the statement or its data. */
export const isDiskFailure = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && OUTAGE_CODES.some((code) => error.code.startsWith(code));

type Read = (...args: never[]) => Promise<unknown>;

/** Wraps functions, so that they throw a `StoreError` if the disk or the file fails. */
export function convertDiskFailures<Reads extends { readonly [Name in keyof Reads]: Read }>(
  reads: Reads,
): Reads {
  const converting = Object.entries<Read>(reads).map(([name, read]) => {
    const convert: Read = async (...args) => {
      try {
        return await read(...args);
      } catch (error) {
        if (!isDiskFailure(error)) throw error;
        throw new StoreError("unavailable", `SQLite: ${(error as Error).message}`, { cause: error });
      }
    };
    return [name, convert];
  });
  return Object.fromEntries(converting) as Reads;
}

/** Opens the only connection that writes. When a commit returns, its data is on disk. */
export function openForWriting(file: string): Database {
  // The data names people and places, so a new file is for this user only, and SQLite copies its mode to its log.
  closeSync(openSync(file, "a", 0o600));
  const database = new Sqlite(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  // Checkpoints are fewer and larger: 25 % more throughput, for a log of about 32 MB.
  database.pragma("wal_autocheckpoint = 8000");
  database.pragma("journal_size_limit = 67108864");
  // A cache of 64 MB holds the pages that a batch touches, including the inner index pages of ten million
  // keys.
  database.pragma("cache_size = -65536");
  database.pragma("foreign_keys = ON");
  return database;
}

/** Opens a connection that can read while the writer writes, and that never waits for the writer. */
export function openForReading(file: string): Database {
  return new Sqlite(file, { readonly: true });
}

/**
 * Claims a database for this process until the returned function is called or the process ends, however it ends: the
 * operating system then releases the lock of the file `FILE.lock`.
 *
 * @returns `null` if another process has claimed it
 */
export function claimFile(file: string): (() => void) | null {
  const lock = new Sqlite(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return () => lock.close();
  } catch (error) {
    lock.close();
    if (error instanceof Sqlite.SqliteError && error.code === "SQLITE_BUSY") return null;
    throw error;
  }
}
