import type { Secrets } from "./secrets.ts";

interface Whole {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly content: string;
}

/**
 * A response that was read completely. Its text can be read once, is not encoded
 * and decoded again, and is not kept afterwards.
 */
class WholeResponse extends Response {
  /** A constructed `Response` has no URL, but error messages need the URL. */
  override readonly url: string;
  override readonly text: () => Promise<string>;

  constructor({ url, status, headers, content }: Whole) {
    super(null, { status, headers });
    this.url = url;
    let rest = content;
    this.text = async () => {
      const all = rest;
      rest = "";
      return all;
    };
  }
}

/**
 * Reads a response completely, so that a broken connection fails the call itself, not a later read. Removes
 * the credential from a refusal, because the refusal's text ends up in errors and logs.
 *
 * @throws the errors of `fetch`
 */
export async function wholeResponse(response: Response, url: string, secrets: Secrets): Promise<Response> {
  const { ok, status, headers } = response;
  const text = await response.text();
  return new WholeResponse({ url, status, headers, content: ok ? text : secrets.removedFromBody(text) });
}
