import pino, { type DestinationStream, type Logger } from "pino";

/** Paths that hold secrets, should one ever be logged with what is around it. */
const SECRET_PATHS = [
  "apiKey",
  "clientSecret",
  "credential",
  "webhookSecrets",
  "secret",
  "authorization",
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** How a log is made. */
export interface LogOptions {
  /** What is less than this is left out. */
  readonly level?: string;
  readonly destination?: DestinationStream;
}

/** Makes the log: JSON lines, on standard error, because standard output belongs to who runs the server. */
export function createLog({
  level = "info",
  destination = pino.destination({ dest: 2, sync: true }),
}: LogOptions = {}): Logger {
  return pino(
    { name: "convergint-ingest", level, redact: { paths: SECRET_PATHS, censor: "[redacted]" } },
    destination,
  );
}
