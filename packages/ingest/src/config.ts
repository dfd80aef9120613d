import { readFile } from "node:fs/promises";
import { DEFAULT_LIMITS, type ResponseLimits } from "@convergint/client";
import { PROXY_DNS, ProxyError, readProxy } from "@convergint/internal/proxy";
import { NetworkError, parseNetworks } from "@convergint/internal/public-address";
import { fieldErrors } from "@convergint/schemas";
import { parse } from "pg-connection-string";
import { z } from "zod";

/** A setting is invalid, or the configuration file cannot be read. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
}

/** Whether a database is given by URL instead of by path. */
export const isDatabaseUrl = (database: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(database);

const days = (min: number, byDefault: number) =>
  z.coerce.number().int().min(min).max(3650).default(byDefault);

/** A list: an array in the file, and text separated by spaces or commas in the environment. */
const list = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)),
]);

const networks = list
  .superRefine((list, context) => {
    try {
      parseNetworks(list);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  })
  .default([]);

const hostNames = list
  .pipe(
    z.array(
      z
        .string()
        .max(253)
        .regex(
          /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i,
          "Give host names such as eventgrid.azure.net, without scheme or path.",
        ),
    ),
  )
  .default([]);

/** The largest text that a program can hold has 512 MiB. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/** A limit on vendors' responses and listings. */
const limit = (name: keyof ResponseLimits, min: number, max = MAX_TEXT_BYTES) =>
  z.coerce.number().int().min(min).max(max).default(DEFAULT_LIMITS[name]);

/**
 * A sender may retry for three days, and a person may replay events even later. Keys for detecting duplicates
 * must be kept for longer than such delays.
 */
const MIN_LEDGER_DAYS = 7;

const configSchema = z.strictObject({
  database: z
    .string()
    .min(1)
    .refine(
      (database) => !isDatabaseUrl(database) || /^postgres(ql)?:/i.test(database),
      "Give the path of a SQLite file, or a postgres:// URL.",
    )
    .refine(
      (database) => !isDatabaseUrl(database) || describePostgres(database) !== null,
      "The postgres:// URL cannot be read. Percent-encode / ? # @ and : in the password, and give one host.",
    )
    // As a path, it would create a SQLite file whose name contains the password.
    .refine(
      (database) => !/^\s*\w+\s*=|\b(?:password|host|dbname)\s*=/i.test(database) || isDatabaseUrl(database),
      "This looks like a list of connection parameters. Give a postgres:// URL instead.",
    )
    .default("ingest.db"),
  host: z.string().min(1).default("127.0.0.1"),
  port: z.coerce.number("Give a port number from 0 to 65535.").int().min(0).max(65_535).default(8080),
  allow_private_networks: networks,
  allow_subscriber_networks: networks,
  proxy: z
    .string()
    .superRefine((url, context) => {
      try {
        readProxy({ url });
      } catch (error) {
        if (!(error instanceof ProxyError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
      }
    })
    .optional(),
  proxy_dns: z.enum(PROXY_DNS).default("local"),
  allow_webhook_origins: hostNames,
  public_url: z.url({ protocol: /^https?$/, error: "Give an http or https URL." }).optional(),
  encryption_key: z.string().min(1).optional(),
  encryption_key_file: z.string().min(1).optional(),
  admin_token: z.string().min(1).optional(),
  admin_token_file: z.string().min(1).optional(),
  log_level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  keep_events_days: days(1, 90),
  keep_changes_days: days(1, 90),
  keep_ledger_days: days(MIN_LEDGER_DAYS, 30),
  max_response_bytes: limit("maxResponseBytes", 1024),
  // The server asks for pages of 500.
  max_page_items: limit("maxPageItems", 500),
  max_item_bytes: limit("maxItemBytes", 1024),
  max_listing_seconds: limit("maxListingSeconds", 1),
  max_listing_pages: limit("maxListingPages", 1),
  max_listing_items: limit("maxListingItems", 1),
  max_listing_bytes: limit("maxListingBytes", 1024, Number.MAX_SAFE_INTEGER),
});

/** The settings of the `serve` command. Settings in days specify how long data is stored. */
export type Config = z.output<typeof configSchema>;

/** The environment variable of each setting. */
const VARIABLES: Readonly<Record<keyof Config, string>> = {
  database: "CONVERGINT_INGEST_DB",
  host: "CONVERGINT_INGEST_HOST",
  port: "CONVERGINT_INGEST_PORT",
  allow_private_networks: "CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS",
  allow_subscriber_networks: "CONVERGINT_INGEST_ALLOW_SUBSCRIBER_NETWORKS",
  proxy: "CONVERGINT_INGEST_PROXY",
  proxy_dns: "CONVERGINT_INGEST_PROXY_DNS",
  allow_webhook_origins: "CONVERGINT_INGEST_ALLOW_WEBHOOK_ORIGINS",
  public_url: "CONVERGINT_INGEST_PUBLIC_URL",
  encryption_key: "CONVERGINT_INGEST_KEY",
  encryption_key_file: "CONVERGINT_INGEST_KEY_FILE",
  admin_token: "CONVERGINT_INGEST_ADMIN_TOKEN",
  admin_token_file: "CONVERGINT_INGEST_ADMIN_TOKEN_FILE",
  log_level: "CONVERGINT_INGEST_LOG_LEVEL",
  keep_events_days: "CONVERGINT_INGEST_KEEP_EVENTS_DAYS",
  keep_changes_days: "CONVERGINT_INGEST_KEEP_CHANGES_DAYS",
  keep_ledger_days: "CONVERGINT_INGEST_KEEP_LEDGER_DAYS",
  max_response_bytes: "CONVERGINT_INGEST_MAX_RESPONSE_BYTES",
  max_page_items: "CONVERGINT_INGEST_MAX_PAGE_ITEMS",
  max_item_bytes: "CONVERGINT_INGEST_MAX_ITEM_BYTES",
  max_listing_seconds: "CONVERGINT_INGEST_MAX_LISTING_SECONDS",
  max_listing_pages: "CONVERGINT_INGEST_MAX_LISTING_PAGES",
  max_listing_items: "CONVERGINT_INGEST_MAX_LISTING_ITEMS",
  max_listing_bytes: "CONVERGINT_INGEST_MAX_LISTING_BYTES",
};

const SECRET: ReadonlySet<string> = new Set(["encryption_key", "admin_token"]);

/** The sources of settings. Earlier sources override later ones. */
export interface ConfigSources {
  /** From the command line. */
  readonly flags: Readonly<Partial<Record<keyof Config, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The path of a JSON file with settings. */
  readonly file?: string | undefined;
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot read the configuration file ${file} as JSON: ${why}`);
  }
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
  throw new ConfigError(`The configuration file ${file} contains no JSON object, such as {"port": 8080}.`);
}

const withoutAbsent = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== ""));

/**
 * Merges the settings from command line, environment, file and defaults.
 *
 * @throws {ConfigError} `invalid_config`, with each invalid setting
 */
export async function loadConfig({ flags, environment, file }: ConfigSources): Promise<Config> {
  const fromFile = file === undefined ? {} : await readJson(file);
  const fromEnvironment = Object.fromEntries(
    Object.entries(VARIABLES).map(([setting, variable]) => [setting, environment[variable]]),
  );
  const parsed = configSchema.safeParse({
    ...fromFile,
    ...withoutAbsent(fromEnvironment),
    ...withoutAbsent(flags),
  });
  if (parsed.success) return parsed.data;
  /** Names a setting as its user wrote it. */
  const nameOf = (setting: string): string => {
    if (withoutAbsent(flags)[setting] !== undefined)
      return `--${setting === "database" ? "db" : setting.replaceAll("_", "-").replace(/networks$/, "network")}`;
    return withoutAbsent(fromEnvironment)[setting] === undefined
      ? `${setting} in ${file}`
      : (VARIABLES[setting as keyof Config] ?? setting);
  };
  const problems = fieldErrors(parsed.error).map(({ pointer, message }) =>
    pointer === "" ? `${file}: ${message}` : `${nameOf(pointer.split("/")[1] ?? "")}: ${message}`,
  );
  throw new ConfigError(`Invalid configuration: ${problems.join(" ")}`);
}

/** Redacts the secrets, and the passwords in the URLs of the database and the proxy. */
export function redactConfig(config: Config): Readonly<Record<string, unknown>> {
  const shown = Object.entries(config).map(([setting, value]) => [
    setting,
    SECRET.has(setting) ? "(set)" : value,
  ]);
  const { database, proxy } = config;
  return {
    ...Object.fromEntries(shown),
    database: withoutPassword(database),
    ...(proxy && { proxy: readProxy({ url: proxy }).origin }),
  };
}

/**
 * Writes a PostgreSQL database without its secrets: only the host, port, name and user, as `pg` reads them from the URL.
 *
 * @returns `null` if `pg` cannot read the URL
 */
function describePostgres(url: string): string | null {
  try {
    const { host, port, database, user } = parse(url);
    // `pg` treats a list of hosts as one host name, and no server has such a name.
    if (host?.includes(",")) return null;
    return `postgres://${user ? `${user}@` : ""}${host ?? ""}${port ? `:${port}` : ""}/${database ?? ""}`;
  } catch {
    return null;
  }
}

/** Formats a database for messages: the path of a SQLite file, or a PostgreSQL database without any secret. */
export const withoutPassword = (database: string): string =>
  isDatabaseUrl(database) ? (describePostgres(database) ?? "postgres://(unreadable)") : database;
