/** A route of Next.js, as `app/webhooks/vendor/route.ts`, in the Node or the edge runtime. */
import { createWebhookHandler } from "@convergint/webhooks/fetch";
import { readSecrets, storeEvent } from "./service.ts";

let handle: ((request: Request) => Promise<Response>) | undefined;

/** Receives a webhook. `next build` loads this file too, without the secrets: so they are read by the first request. */
export function POST(request: Request): Promise<Response> {
  handle ??= createWebhookHandler({ keys: readSecrets(), onWebhook: storeEvent });
  return handle(request);
}
