import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

/** A secret of the server itself, and where it came from. */
export interface ServerSecret {
  readonly value: string;
  /** The file it is kept in, or `null` where the environment gave it. */
  readonly file: string | null;
}

/**
 * Takes a secret from the environment, else from its file, else makes one that only this user can read: a server
 * that is just tried out needs no set-up, and still stores no credential in clear.
 */
export async function loadServerSecret(given: string | undefined, file: string): Promise<ServerSecret> {
  if (given) return { value: given, file: null };
  const made = randomBytes(32).toString("base64");
  try {
    await writeFile(file, `${made}\n`, { mode: 0o600, flag: "wx" });
    return { value: made, file };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return { value: (await readFile(file, "utf8")).trim(), file };
  }
}
