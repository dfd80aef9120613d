import pino, { type DestinationStream, type Logger } from "pino";

/** Paths that hold secrets, should one ever be logged with what is around it. */
const SECRET_PATHS = ["apiKey", "webhookSecrets", "secret", "authorization"].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** Makes the log: JSON lines, on standard error, because standard output belongs to who runs the server. */
export function createLog(
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    { name: "convergint-ingest", redact: { paths: SECRET_PATHS, censor: "[redacted]" } },
    destination,
  );
}
