import type { WebhookHeadersInput } from "../headers.ts";
import { RefusedDeliveryError } from "./answer.ts";
import { tooLarge } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";

export type { Refusal, RefusalCode } from "./answer.ts";
export type { WebhookHandlerOptions } from "./handler.ts";

/** What of an API Gateway event (REST API, HTTP API) or a function URL's is read. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  /** REST API. */
  readonly httpMethod?: string;
  /** HTTP API and function URLs. */
  readonly requestContext?: { readonly http?: { readonly method?: string } };
}

/** What API Gateway and function URLs make an answer of. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function readLambdaBody({ body, isBase64Encoded }: LambdaEvent, maxBodyBytes: number): Uint8Array {
  if (body !== null && body !== undefined && typeof body !== "string") {
    throw new RefusedDeliveryError(
      "body_already_parsed",
      "The body was parsed before it could be verified: take out the JSON body parser (such as middy's) for this function.",
    );
  }
  const bytes = isBase64Encoded
    ? Uint8Array.from(atob(body ?? ""), (character) => character.charCodeAt(0))
    : new TextEncoder().encode(body ?? "");
  if (bytes.length > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return bytes;
}

/**
 * Makes a webhook endpoint of AWS Lambda, behind an API Gateway REST or HTTP API or a function URL. For a REST API, let
 * binary media types hold the event's media type, or API Gateway may hand over text it has decoded.
 *
 * @returns a Lambda handler; it never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`
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
