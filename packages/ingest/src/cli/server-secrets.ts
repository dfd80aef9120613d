import { readFile } from "node:fs/promises";
import { type OwnSecret, ownSecret } from "../binding/own-secret.ts";
import { type Config, ConfigError, isDatabaseUrl } from "../config.ts";

/** The secrets that the server itself lives by. */
export interface ServerSecrets {
  readonly encryptionKey: OwnSecret;
  readonly adminToken: OwnSecret;
}

async function secretOf(
  what: "encryption_key" | "admin_token",
  config: Config,
  besideDatabase: string,
): Promise<OwnSecret> {
  const given = config[what];
  const file = config[`${what}_file`];
  if (given !== undefined) return { value: given, file: null };
  if (file !== undefined) return { value: (await readFile(file, "utf8")).trim(), file };
  if (isDatabaseUrl(config.database)) {
    // Made here, it would be another for every process that shares the database.
    throw new ConfigError(
      `Set ${what} or ${what}_file (see --help): every process that shares a PostgreSQL database must have the same.`,
    );
  }
  return ownSecret(undefined, besideDatabase);
}

/**
 * Takes the server's secrets from the settings, else, for SQLite, from files beside the database, made where there are
 * none: a server that is just tried out needs no set-up, and still stores no credential in clear.
 *
 * @throws {ConfigError} for PostgreSQL without them
 */
export async function serverSecrets(config: Config): Promise<ServerSecrets> {
  return {
    encryptionKey: await secretOf("encryption_key", config, `${config.database}.key`),
    adminToken: await secretOf("admin_token", config, `${config.database}.token`),
  };
}
