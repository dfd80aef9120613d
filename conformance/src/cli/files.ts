import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type CliContext, UsageError } from "./context.ts";

/** The folder in which relative paths start. */
type Place = Pick<CliContext, "folder">;

/** Writes a file and creates its folders. @param what how errors name the file @throws {UsageError} */
export async function writeOutput(
  { folder }: Place,
  what: string,
  file: string,
  content: string | Buffer,
): Promise<void> {
  try {
    const path = resolve(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    throw new UsageError(`Cannot write ${what} to ${file}: ${(error as Error).message}.`);
  }
}

/** Reads a file. @param what how errors name the file @throws {UsageError} */
export async function readInput({ folder }: Place, what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(folder, file));
  } catch (error) {
    throw new UsageError(`Cannot read ${what} from ${file}: ${(error as Error).message}.`);
  }
}

/** Reads a file; returns `null` if there is none. @throws {UsageError} */
export async function readIfPresent(place: Place, what: string, file: string): Promise<Buffer | null> {
  try {
    return await readFile(resolve(place.folder, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new UsageError(`Cannot read ${what} from ${file}: ${(error as Error).message}.`);
  }
}

/**
 * Replaces a file, or creates it and its folders. After a crash or a full disk, the file has either the old content or the new one.
 *
 * @throws {UsageError}
 */
export async function replaceFile(
  { folder }: Place,
  what: string,
  file: string,
  content: string | Buffer,
): Promise<void> {
  const path = resolve(folder, file);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(draft, "w");
    try {
      await handle.writeFile(content);
      // Without a sync, a crash could leave an empty file under the new name.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new UsageError(`Cannot write ${what} to ${file}: ${(error as Error).message}.`);
  }
}

/**
 * Creates a file; never overwrites an existing one.
 *
 * @param mode the file's permissions
 * @throws {UsageError}
 */
export async function createFile(
  { folder }: Place,
  what: string,
  file: string,
  content: string,
  mode: number,
): Promise<void> {
  try {
    await writeFile(resolve(folder, file), content, { mode, flag: "wx" });
  } catch (error) {
    throw new UsageError(`Cannot write ${what} to ${file}: ${(error as Error).message}.`);
  }
}
