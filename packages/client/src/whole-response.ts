import type { Secrets } from "./secrets.ts";

interface Whole {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly content: string;
}

/**
 * An answer that was read to its end. Its text is handed over once and as it is: neither encoded into a body and
 * decoded again, nor kept for as long as something holds on to the answer.
 */
class WholeResponse extends Response {
  /** A `Response` made by hand has no URL, and errors name it. */
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
 * Reads an answer to its end, so that one which breaks off fails where it was asked for. A refusal loses the
 * credential that a careless vendor repeats in it: its words end up in errors and logs.
 *
 * @throws what `fetch` throws
 */
export async function wholeResponse(response: Response, url: string, secrets: Secrets): Promise<Response> {
  const { ok, status, headers } = response;
  const text = await response.text();
  return new WholeResponse({ url, status, headers, content: ok ? text : secrets.removedFromBody(text) });
}
