import { readFile } from "node:fs/promises";
import { type Config, ConfigError, isDatabaseUrl } from "../config.ts";
import { loadServerSecret, type ServerSecret } from "../integrations/server-secret.ts";

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
 * the database. A first try therefore needs no set-up and still stores no credential in plain text.
 *
 * @throws {ConfigError} if the database is PostgreSQL and a secret is missing
 */
export async function resolveServerSecrets(config: Config): Promise<ServerSecrets> {
  return {
    encryptionKey: await resolveSecret("encryption_key", config, `${config.database}.key`),
    adminToken: await resolveSecret("admin_token", config, `${config.database}.token`),
  };
}
