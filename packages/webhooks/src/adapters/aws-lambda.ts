import { fromBase64 } from "../crypto/base64.ts";
import type { WebhookHeadersInput } from "../headers.ts";
import { toTooLargeRefusal } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { RefusedDeliveryError } from "./response.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";

/**
 * The members that the handler reads from an event of API Gateway (REST or HTTP API) or of a function URL.
 */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  /** This member exists only in events of a REST API. */
  readonly httpMethod?: string;
  /** This member exists only in events of an HTTP API or a function URL. */
  readonly requestContext?: { readonly http?: { readonly method?: string } };
}

/** A response for API Gateway and function URLs. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function readLambdaBody({ body, isBase64Encoded }: LambdaEvent, maxBodyBytes: number): Uint8Array {
  if (body !== null && body !== undefined && typeof body !== "string") {
    throw new RefusedDeliveryError(
      "body_already_parsed",
      "The body was already parsed, so the signature cannot be verified. Remove the JSON body parser (such as middy's) from this function.",
    );
  }
  const bytes = isBase64Encoded ? fromBase64(body ?? "") : new TextEncoder().encode(body ?? "");
  if (!bytes)
    throw new RefusedDeliveryError("not_json", "The event says that its body is base64, but it is not.");
  if (bytes.length > maxBodyBytes) throw toTooLargeRefusal(maxBodyBytes);
  return bytes;
}

/**
 * Creates a webhook endpoint on AWS Lambda, behind an API Gateway REST or HTTP API or a function URL. For a
 * REST API, add the event's media type to the binary media types. Otherwise, API Gateway may decode the body
 * to text, which changes the bytes.
 *
 * @returns a Lambda handler; it never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookHandler<Event>(
  options: WebhookHandlerOptions<Event>,
): (event: LambdaEvent) => Promise<LambdaResult> {
  const receive = createWebhookReceiver(options);
  return async (event) => {
    const headers: WebhookHeadersInput = event.headers ?? {};
    const contentType = Object.entries(event.headers ?? {}).find(
      ([name]) => name.toLowerCase() === "content-type",
    )?.[1];
    const answer = await receive({
      method: event.httpMethod ?? event.requestContext?.http?.method ?? "",
      headers,
      contentType,
      readBody: (maxBodyBytes) => readLambdaBody(event, maxBodyBytes),
    });
    return { statusCode: answer.status, headers: answer.headers, body: answer.body ?? "" };
  };
}
