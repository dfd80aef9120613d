/** A Cloudflare Worker that has a route already. Its secrets are `wrangler secret put WEBHOOK_SECRETS`. */
import { createWebhookHandler } from "@convergint/webhooks/fetch";

interface Env {
  readonly WEBHOOK_SECRETS: string;
  /** A KV namespace. A queue works as well, if its consumer ignores an id that it has seen. */
  readonly EVENTS: { put(key: string, value: Uint8Array): Promise<void> };
}

let handle: ((request: Request) => Promise<Response>) | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname === "/notes") return Response.json({ noted: await request.json() });

    handle ??= createWebhookHandler({
      keys: env.WEBHOOK_SECRETS.split(" "),
      // Resolves after KV has stored the event. An event that is delivered again overwrites its first copy.
      onWebhook: ({ id, body }) => env.EVENTS.put(id, body),
    });
    return handle(request);
  },
};
