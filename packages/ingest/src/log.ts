import pino, { type DestinationStream, type Logger } from "pino";

/** Paths at which an object that is logged by mistake could contain a secret. */
const SECRET_PATHS = [
  "apiKey",
  "clientSecret",
  "credential",
  "privateKey",
  "private_key",
  "nextKey",
  "webhookSecrets",
  "secret",
  "authorization",
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** The settings of a log. */
export interface LogOptions {
  /** Drops records below this level. Default: `info` */
  readonly level?: string;
  readonly destination?: DestinationStream;
}

/**
 * Creates the log, which writes JSON lines to standard error. Standard output is reserved for the answers of
 * commands.
 */
export function createLog({
  level = "info",
  destination = pino.destination({ dest: 2, sync: true }),
}: LogOptions = {}): Logger {
  return pino(
    { name: "convergint-ingest", level, redact: { paths: SECRET_PATHS, censor: "[redacted]" } },
    destination,
  );
}
