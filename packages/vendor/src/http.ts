import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { DeliveryError } from "@convergint/delivery";
import { PROBLEM_MEDIA_TYPE } from "@convergint/schemas";
import { VENDOR_ERRORS, VendorRefusal } from "./refusal.ts";

/** @see spec/1.0/contract.md#errors */
const MAX_BODY_BYTES = 64 * 1024;
/** Smaller answers are not worth compressing. */
const MIN_GZIP_BYTES = 1024;

/** The answer to a call: a status and a JSON body, if any. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/**
 * Reads a JSON body.
 *
 * @throws {VendorRefusal} `unsupported_media_type`, `payload_too_large`, `malformed_body`
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"];
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type))
    throw new VendorRefusal("unsupported_media_type");
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Reads to the end even if the body is too large: to stop would close the connection before the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) throw new VendorRefusal("payload_too_large");
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new VendorRefusal("malformed_body", undefined, { cause: error });
  }
}

/** Returns an error as a refusal. An unexpected error becomes `internal_error`, with the error as its cause. */
export function toRefusal(error: unknown): VendorRefusal {
  if (error instanceof VendorRefusal) return error;
  if (error instanceof DeliveryError) {
    const { code, message } = error;
    if (code === "invalid_destination" || code === "endpoint_stopped" || code === "unknown_endpoint")
      return new VendorRefusal(code, message, { cause: error });
  }
  return new VendorRefusal("internal_error", undefined, { cause: error });
}

/** Returns a refusal as problem details. @see spec/1.0/contract.md#err-001 */
export function toProblem({ code, status, message }: VendorRefusal): Answer {
  const title = code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");
  return {
    status,
    body: { type: "about:blank", title, status, detail: message || VENDOR_ERRORS[code], code },
  };
}

/** Sends an answer, compressed if the caller accepts gzip. */
export function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  if (status === 401) response.setHeader("www-authenticate", "Bearer");
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = Buffer.from(JSON.stringify(body));
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const isGzip = text.length >= MIN_GZIP_BYTES && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accepted);
  const bytes = isGzip ? gzipSync(text) : text;
  response
    .writeHead(status, {
      "content-type": status >= 400 ? PROBLEM_MEDIA_TYPE : "application/json",
      "content-length": bytes.length,
      vary: "accept-encoding",
      ...(isGzip && { "content-encoding": "gzip" }),
    })
    .end(bytes);
}
