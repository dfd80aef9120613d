import type { Report } from "./report.ts";

/** A text as one word of any shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

type Reported = Report["exchanges"][number];

/** How curl says whose call it is; what it takes comes from the environment. */
function credentialOf({ authenticated, by_client, credential_variable }: Reported): string[] {
  if (by_client) return [`-u "$CONFORMANCE_CLIENT_ID:$CONFORMANCE_CLIENT_SECRET"`];
  return authenticated ? [`-H "Authorization: Bearer $${credential_variable ?? "CREDENTIAL"}"`] : [];
}

/** A command that shows an exchange again; a change that was made by a command is made by it again. */
export function curlOf(exchange: Reported): string {
  const { method, url, request_body, request_type } = exchange;
  if (method === "TRIGGER") return `echo ${quote(request_body ?? "")} | the command of --trigger-cmd`;
  return [
    "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...credentialOf(exchange),
    ...(request_body === null
      ? []
      : [`-H ${quote(`Content-Type: ${request_type ?? "application/json"}`)} -d ${quote(request_body)}`]),
    quote(url),
  ].join(" ");
}

/** The command that judges one requirement again. */
export function rerunOf({ subject, target }: Report, id: string): string {
  const url = /^[\w:/.@-]+$/.test(target) ? target : quote(target);
  const command = subject === "receiver" ? "run receiver --url" : "run --target";
  return `convergint-conformance ${command} ${url} --only ${id}`;
}
