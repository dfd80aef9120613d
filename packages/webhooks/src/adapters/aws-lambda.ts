import { fromBase64 } from "../crypto/base64.ts";
import { toTooLargeRefusal } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { RefusedDeliveryError } from "./response.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";
export type { ValidationOptions } from "./validation.ts";

/**
 * The members that the handler reads from an event of API Gateway (REST or HTTP API), a function URL, an
 * Application Load Balancer or VPC Lattice.
 */
export interface LambdaEvent {
  /** A list of values occurs only in events of VPC Lattice, version 2. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | null;
  /** A load balancer with multi-value headers sends these instead of `headers`; a REST API sends both. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  /** The name of `isBase64Encoded` in events of VPC Lattice, version 1. */
  readonly is_base64_encoded?: boolean;
  /** This member exists only in events of a REST API or a load balancer. */
  readonly httpMethod?: string;
  /** This member exists only in events of VPC Lattice. */
  readonly method?: string;
  /** This member exists only in events of an HTTP API or a function URL. */
  readonly requestContext?: { readonly http?: { readonly method?: string } };
}

/** A response for every service whose events the handler reads. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Only if the event has `multiValueHeaders`: such a load balancer ignores `headers`. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

function readLambdaBody(event: LambdaEvent, maxBodyBytes: number): Uint8Array {
  const { body, isBase64Encoded = event.is_base64_encoded } = event;
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
 * Creates a webhook endpoint on AWS Lambda, behind an API Gateway REST or HTTP API, a function URL, an
 * Application Load Balancer or VPC Lattice. For a REST API, add the event's media type to the binary media
 * types. Otherwise, API Gateway may decode the body to text, which changes the bytes.
 *
 * @returns a Lambda handler; it never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`,
 *   `invalid_validation`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookHandler<Event>(
  options: WebhookHandlerOptions<Event>,
): (event: LambdaEvent) => Promise<LambdaResult> {
  const receive = createWebhookReceiver(options);
  return async (event) => {
    const { status, headers, body } = await receive({
      method: event.httpMethod ?? event.requestContext?.http?.method ?? event.method ?? "",
      headers: event.headers ?? event.multiValueHeaders ?? {},
      readBody: (maxBodyBytes) => readLambdaBody(event, maxBodyBytes),
    });
    return {
      statusCode: status,
      headers,
      ...(event.multiValueHeaders && {
        multiValueHeaders: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, [value]]),
        ),
      }),
      body: body ?? "",
      isBase64Encoded: false,
    };
  };
}
