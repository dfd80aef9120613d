import type { Report } from "./report.ts";

/** A text as one word of any shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A command that shows an exchange again; the key comes from the environment. */
export function curlOf({ method, url, request_body, authenticated }: Report["exchanges"][number]): string {
  return [
    "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...(authenticated ? [`-H "Authorization: Bearer $CONFORMANCE_API_KEY"`] : []),
    ...(request_body === null ? [] : [`-H 'Content-Type: application/json' -d ${quote(request_body)}`]),
    quote(url),
  ].join(" ");
}

/** The command that judges one requirement again. */
export function rerunOf({ subject, target }: Report, id: string): string {
  const url = /^[\w:/.@-]+$/.test(target) ? target : quote(target);
  const command = subject === "receiver" ? "run receiver --url" : "run --target";
  return `convergint-conformance ${command} ${url} --only ${id}`;
}
