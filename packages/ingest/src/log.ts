import pino, { type DestinationStream, type Logger } from "pino";

/** Paths that would hold secrets if an object with one were logged by mistake. */
const SECRET_PATHS = [
  "apiKey",
  "clientSecret",
  "credential",
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

/** Creates the log: JSON lines on standard error. Standard output is for the answers of commands. */
export function createLog({
  level = "info",
  destination = pino.destination({ dest: 2, sync: true }),
}: LogOptions = {}): Logger {
  return pino(
    { name: "convergint-ingest", level, redact: { paths: SECRET_PATHS, censor: "[redacted]" } },
    destination,
  );
}
