import { quoteForShell } from "@convergint/internal/printable";
import { PERSON_URL } from "../harness/person.ts";
import { type Prerequisite, prerequisites } from "../registry/prerequisites.ts";
import type { Report } from "./report.ts";

/** Quotes a text as one POSIX shell word. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

type Reported = Report["exchanges"][number];

/** Builds the authentication arguments of curl; credentials come from environment variables. */
function toAuthArguments(
  subject: Report["subject"],
  { authenticated, by_client, credential_variable }: Reported,
): string[] {
  if (by_client) return [`-u "$CONFORMANCE_CLIENT_ID:$CONFORMANCE_CLIENT_SECRET"`];
  if (!authenticated) return [];
  const usual = subject === "receiver" ? "CONFORMANCE_STATUS_TOKEN" : null;
  const variable = credential_variable ?? usual;
  return [`-H "Authorization: Bearer ${variable === null ? "made-up-key" : `$${variable}`}"`];
}

/**
 * Returns whether an exchange can be repeated manually: its signature must not have expired, and it must not
 * be a successful DELETE.
 */
export const canReplay = ({ signed, method, status }: Reported): boolean =>
  !signed && (method !== "DELETE" || (status !== null && status >= 300));

/**
 * Builds the command that repeats an exchange: curl or, if the trigger command changed the device, that
 * command.
 */
export function toCurl({ subject }: Pick<Report, "subject">, exchange: Reported): string {
  const { method, url, request_body, request_type, request_headers } = exchange;
  const etag = request_headers["if-none-match"];
  if (url === PERSON_URL) return `Change the device by hand: ${request_body}`;
  if (method === "TRIGGER")
    return `echo ${quote(request_body ?? "")} | COMMAND (as given with --trigger-cmd)`;
  return [
    "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...toAuthArguments(subject, exchange),
    ...(etag === undefined ? [] : [`-H ${quote(`If-None-Match: ${etag}`)}`]),
    ...(request_body === null
      ? []
      : [`-H ${quote(`Content-Type: ${request_type ?? "application/json"}`)} -d ${quote(request_body)}`]),
    quote(url),
  ].join(" ");
}

/** The flags that provide each prerequisite. */
const FLAGS: Readonly<Record<Prerequisite, string>> = {
  second_credential: "--second-api-key or --second-private-key-file",
  withdrawn_credential: "--withdrawn-api-key or --withdrawn-private-key-file",
  production_credential: "--production-api-key or --production-private-key-file",
  oauth_client: "--client-id and --client-secret or --private-key-file",
  client_key: "--client-id and --private-key-file",
  private_key: "--private-key-file",
  next_private_key: "--private-key-file, --key-id, --next-private-key-file and --next-key-id",
  polled_inventory: "--inventory-port and --inventory-key",
  registered_endpoint: "--endpoint-url and --webhook-secret",
  second_registered_endpoint: "--second-endpoint-url and --second-webhook-secret",
  passive_window: "--observe, --endpoint-url and --webhook-secret",
};

/** Describes the arguments that the rerun command omits; `null` if the command is complete. */
export function describeRerunArguments({ subject }: Pick<Report, "subject">, id: string): string | null {
  if (subject === "receiver") return "also give --org, --site, --status-url and the secrets of this run";
  const needs = prerequisites.get(id)?.needs;
  return needs === undefined ? null : `also give ${FLAGS[needs]} as in this run`;
}

/** Builds the command that tests one requirement again with the same seed. */
export function toRerunCommand({ subject, target, seed, through }: Report, id: string): string {
  const url = quoteForShell(target);
  const command = subject === "receiver" ? "run receiver --url" : "run --target";
  const profile = through === null ? "" : ` --through ${quoteForShell(through.profile)}`;
  return `convergint-conformance ${command} ${url}${profile}${seed === null ? "" : ` --seed ${seed}`} --only ${id}`;
}
