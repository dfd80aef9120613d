import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

/** One of the server's own secrets, and where it came from. */
export interface ServerSecret {
  readonly value: string;
  /** The file that contains the secret; `null` if the secret came from the environment. */
  readonly file: string | null;
}

/**
 * Takes a secret from the environment or, if it is not set there, from its file. If the file does not exist,
 * writes a new secret to the file, readable only by this user. A first trial therefore needs no set-up, and
 * still stores credentials encrypted.
 */
export async function loadServerSecret(given: string | undefined, file: string): Promise<ServerSecret> {
  if (given) return { value: given, file: null };
  const generated = randomBytes(32).toString("base64");
  try {
    await writeFile(file, `${generated}\n`, { mode: 0o600, flag: "wx" });
    return { value: generated, file };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return { value: (await readFile(file, "utf8")).trim(), file };
  }
}
