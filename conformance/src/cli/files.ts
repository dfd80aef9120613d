import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/** Writes a file that was asked for on the command line, and the folders it is in. @throws {UsageError} */
export async function writeOutput(what: string, file: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new UsageError(`${what} cannot be written to ${file}: ${(error as Error).message}.`);
  }
}

/** Reads a file that was named on the command line. @throws {UsageError} */
export async function readInput(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`${what} cannot be read from ${file}: ${(error as Error).message}.`);
  }
}

/** Writes a file that must not be there yet. @param mode who may read it @throws {UsageError} */
export async function writeNew(what: string, file: string, content: string, mode: number): Promise<void> {
  try {
    await writeFile(file, content, { mode, flag: "wx" });
  } catch (error) {
    throw new UsageError(`${what} cannot be written to ${file}: ${(error as Error).message}.`);
  }
}
