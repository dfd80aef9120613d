import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

/** A secret of the server, and its source. */
export interface ServerSecret {
  readonly value: string;
  /** The file that holds it; `null` if the environment gave it. */
  readonly file: string | null;
}

/**
 * Takes a secret from the environment, else from its file, else generates one into that file, readable only by this user.
 * So a first trial needs no set-up, and still stores credentials encrypted.
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
