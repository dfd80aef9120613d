import { CREDENTIAL_MARKS } from "../evidence/credential-marks.ts";
import { prerequisites } from "../registry/prerequisites.ts";
import type { Report } from "./report.ts";

/** A text as one word of any shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What to authenticate with: a credential comes from the environment, by whose it is. */
function credentialOf(subject: Report["subject"], sent: string): string {
  if (sent.includes(CREDENTIAL_MARKS.madeUp)) return "made-up-key";
  if (subject === "receiver") return "$CONFORMANCE_STATUS_TOKEN";
  return sent.includes(CREDENTIAL_MARKS.second) ? "$CONFORMANCE_SECOND_API_KEY" : "$CONFORMANCE_API_KEY";
}

/** A command that shows an exchange again. */
export function curlOf(
  { subject }: Pick<Report, "subject">,
  { method, url, request_body, request_headers }: Report["exchanges"][number],
): string {
  const { authorization } = request_headers;
  return [
    "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...(authorization === undefined
      ? []
      : [`-H "Authorization: Bearer ${credentialOf(subject, authorization)}"`]),
    ...(request_body === null ? [] : [`-H 'Content-Type: application/json' -d ${quote(request_body)}`]),
    quote(url),
  ].join(" ");
}

/** What the command beside takes, where it takes more than it says; `null` where it does not. */
export function rerunTakes({ subject }: Pick<Report, "subject">, id: string): string | null {
  if (subject === "receiver") return "with --org, --site, --status-url and the secrets of this run";
  return prerequisites.get(id)?.needs === "second_credential" ? "with --second-api-key as in this run" : null;
}

/** The command that judges one requirement again. */
export function rerunOf({ subject, target }: Report, id: string): string {
  const url = /^[\w:/.@-]+$/.test(target) ? target : quote(target);
  const command = subject === "receiver" ? "run receiver --url" : "run --target";
  return `convergint-conformance ${command} ${url} --only ${id}`;
}
