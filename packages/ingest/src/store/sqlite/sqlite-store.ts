import type { Store } from "../store.ts";
import { openReader } from "./reader.ts";
import { startWriter } from "./writer-thread.ts";

/**
 * Opens the embedded store.
 *
 * @param file path of the database; made where there is none
 * @param onWriterGone told when nothing can be written any more
 * @throws {StoreWriteError} `writer_gone` where the file cannot be opened
 */
export async function openSqliteStore(file: string, onWriterGone: (why: Error) => void): Promise<Store> {
  const writer = await startWriter(file, onWriterGone);
  return { writer, reader: openReader(file) };
}
