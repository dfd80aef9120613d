/** A Lambda function behind API Gateway (REST or HTTP API), a function URL or a load balancer. */
import { createWebhookHandler } from "@convergint/webhooks/aws-lambda";
import { readSecrets, storeEvent } from "./service.ts";

// Keys are prepared once per instance of the function, not per delivery.
export const handler = createWebhookHandler({ keys: readSecrets(), onWebhook: storeEvent });
