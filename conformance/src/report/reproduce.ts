import { type Prerequisite, prerequisites } from "../registry/prerequisites.ts";
import type { Report } from "./report.ts";

/** A text as one word of any shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

type Reported = Report["exchanges"][number];

/** How curl says whose call it is; what it takes comes from the environment. */
function credentialOf(
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
 * Whether a command by hand can show an exchange again: a signature that the suite made is of its moment, and what may
 * have been deleted is gone.
 */
export const canBeTried = ({ signed, method, status }: Reported): boolean =>
  !signed && (method !== "DELETE" || (status !== null && status >= 300));

/** A command that shows an exchange again; a change that was made by a command is made by it again. */
export function curlOf({ subject }: Pick<Report, "subject">, exchange: Reported): string {
  const { method, url, request_body, request_type, request_headers } = exchange;
  const etag = request_headers["if-none-match"];
  if (method === "TRIGGER") return `echo ${quote(request_body ?? "")} | the command of --trigger-cmd`;
  return [
    "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...credentialOf(subject, exchange),
    ...(etag === undefined ? [] : [`-H ${quote(`If-None-Match: ${etag}`)}`]),
    ...(request_body === null
      ? []
      : [`-H ${quote(`Content-Type: ${request_type ?? "application/json"}`)} -d ${quote(request_body)}`]),
    quote(url),
  ].join(" ");
}

/** The flag by which a run is given what some requirements cannot be judged without. */
const TAKES: Readonly<Record<Prerequisite, string>> = {
  second_credential: "--second-api-key",
  withdrawn_credential: "--withdrawn-api-key",
  production_credential: "--production-api-key",
  oauth_client: "--client-id and --client-secret",
  polled_inventory: "--inventory-port and --inventory-key",
};

/** What the command beside takes, where it takes more than it says; `null` where it does not. */
export function rerunTakes({ subject }: Pick<Report, "subject">, id: string): string | null {
  if (subject === "receiver") return "with --org, --site, --status-url and the secrets of this run";
  const needs = prerequisites.get(id)?.needs;
  return needs === undefined ? null : `with ${TAKES[needs]} as in this run`;
}

/** The command that judges one requirement again, by the same choices. */
export function rerunOf({ subject, target, seed }: Report, id: string): string {
  const url = /^[\w:/.@-]+$/.test(target) ? target : quote(target);
  const command = subject === "receiver" ? "run receiver --url" : "run --target";
  return `convergint-conformance ${command} ${url}${seed === null ? "" : ` --seed ${seed}`} --only ${id}`;
}
