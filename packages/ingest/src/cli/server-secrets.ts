import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { quoteForShell } from "@convergint/internal/printable";
import { type Config, ConfigError, isDatabaseUrl } from "../config.ts";

const MIN_TOKEN_CHARACTERS = 16;

/** One of the server's own secrets, and where it came from. */
interface ServerSecret {
  readonly value: string;
  /** The file that contains the secret; `null` if the secret came from the environment. */
  readonly file: string | null;
}

/**
 * Reads a secret that the server generated.
 *
 * @throws {ConfigError} if others can read or change the file, or if it is empty
 */
async function readOwnSecret(file: string): Promise<string> {
  const { mode, uid } = await stat(file);
  // Windows has neither user ids nor these modes.
  const isOpen = process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o077) !== 0);
  if (isOpen) {
    throw new ConfigError(
      `Other users can read or change ${file}. Make sure that this server created the file, then change its owner and run: chmod 600 ${quoteForShell(file)}`,
    );
  }
  const value = (await readFile(file, "utf8")).trim();
  if (value !== "") return value;
  throw new ConfigError(
    `${file} is empty. Restore it from a backup. If the database is new, delete the file.`,
  );
}

/**
 * Reads a secret from its file. If the file does not exist, writes a new secret to the file, readable only by
 * this user. A first test of the server therefore needs no set-up, and still stores credentials encrypted.
 */
async function loadServerSecret(file: string): Promise<ServerSecret> {
  const generated = randomBytes(32).toString("base64");
  try {
    await writeFile(file, `${generated}\n`, { mode: 0o600, flag: "wx" });
    return { value: generated, file };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return { value: await readOwnSecret(file), file };
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
  return loadServerSecret(defaultFile);
}

/**
 * Takes the server's secrets from the settings. For SQLite, missing secrets are generated in files next to
 * the database. A first test of the server therefore needs no set-up, and still stores no credential in plain
 * text.
 *
 * @throws {ConfigError} if the database is PostgreSQL and a secret is missing, if the admin token is short, or if
 *   others can read a generated secret
 */
export async function resolveServerSecrets(config: Config): Promise<ServerSecrets> {
  const encryptionKey = await resolveSecret("encryption_key", config, `${config.database}.key`);
  const adminToken = await resolveSecret("admin_token", config, `${config.database}.token`);
  if (adminToken.value.length < MIN_TOKEN_CHARACTERS) {
    throw new ConfigError(
      `The admin token is too short to be secret: it needs ${MIN_TOKEN_CHARACTERS} characters. Create one with: openssl rand -hex 32`,
    );
  }
  return { encryptionKey, adminToken };
}
