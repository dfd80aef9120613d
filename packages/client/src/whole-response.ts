/** Answers with these statuses have no body, and `Response` insists on it. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Takes a secret out of a text, and out of JSON however its strings are escaped. */
function withoutSecret(text: string, secret: string): string {
  try {
    const clean = (_: string, value: unknown) =>
      typeof value === "string" ? value.replaceAll(secret, "[redacted]") : value;
    return JSON.stringify(JSON.parse(text, clean));
  } catch {
    return text.replaceAll(secret, "[redacted]");
  }
}

/**
 * Reads an answer to its end, so that one which breaks off fails where it was asked for. A refusal loses the
 * credential that a careless vendor repeats in it: its words end up in errors and logs.
 *
 * @throws what `fetch` throws
 */
export async function wholeResponse(response: Response, url: string, secret: string): Promise<Response> {
  const { ok, status, headers } = response;
  const text = await response.text();
  const body = WITHOUT_BODY.has(status) ? null : ok ? text : withoutSecret(text, secret);
  // A `Response` made by hand has no URL, and errors name it.
  return Object.defineProperty(new Response(body, { status, headers }), "url", { value: url });
}
