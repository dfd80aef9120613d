import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type Config, ConfigError, isDatabaseUrl } from "../config.ts";

/** One of the server's own secrets, and where it came from. */
interface ServerSecret {
  readonly value: string;
  /** The file that contains the secret; `null` if the secret came from the environment. */
  readonly file: string | null;
}

/**
 * Takes a secret from the environment or, if it is not set there, from its file. If the file does not exist,
 * writes a new secret to the file, readable only by this user. A first test of the server therefore needs no
 * set-up, and still stores credentials encrypted.
 */
async function loadServerSecret(given: string | undefined, file: string): Promise<ServerSecret> {
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

/** The server's own secrets. */
export interface ServerSecrets {
  readonly encryptionKey: ServerSecret;
  readonly adminToken: ServerSecret;
}

async function resolveSecret(
  what: "encryption_key" | "admin_token",
  config: Config,
  defaultFile: string,
): Promise<ServerSecret> {
  const given = config[what];
  const file = config[`${what}_file`];
  if (given !== undefined) return { value: given, file: null };
  if (file !== undefined) return { value: (await readFile(file, "utf8")).trim(), file };
  if (isDatabaseUrl(config.database)) {
    // A generated secret would differ in every process that shares the database.
    throw new ConfigError(
      `Set ${what} or ${what}_file (see --help). Every process that shares a PostgreSQL database needs the same ${what}.`,
    );
  }
  return loadServerSecret(undefined, defaultFile);
}

/**
 * Takes the server's secrets from the settings. For SQLite, missing secrets are generated in files next to
 * the database. A first test of the server therefore needs no set-up, and still stores no credential in plain
 * text.
 *
 * @throws {ConfigError} if the database is PostgreSQL and a secret is missing
 */
export async function resolveServerSecrets(config: Config): Promise<ServerSecrets> {
  return {
    encryptionKey: await resolveSecret("encryption_key", config, `${config.database}.key`),
    adminToken: await resolveSecret("admin_token", config, `${config.database}.token`),
  };
}
