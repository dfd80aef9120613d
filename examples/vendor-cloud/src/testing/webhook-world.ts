import { type WebhookEndpointCreated, webhookEndpointCreatedSchema } from "@convergint/schemas";
import { createVirtualClock, type VirtualClock } from "@convergint/testing/virtual-clock";
import { verify } from "@convergint/webhooks";
import { Webhook } from "standardwebhooks";
import { estate, type RunningCampus, startCampus } from "./running-campus.ts";
import { type Received, type Reply, startVirtualReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

/** A campus on a virtual clock, and receivers for its webhooks. */
export interface WebhookWorld {
  readonly campus: RunningCampus;
  /** The campus's clock; `offsetMs` is how far this clock is ahead of the test's clock. */
  readonly clock: VirtualClock & { offsetMs: number };
  /** Lets enough time pass for an unwanted webhook to arrive. */
  quiet(milliseconds?: number): Promise<void>;
  receiver(...replies: Reply[]): Promise<WebhookReceiver>;
  register(url: string, more?: Record<string, unknown>, key?: string): Promise<WebhookEndpointCreated>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<WebhookWorld> {
  const virtual = createVirtualClock();
  const clock = { ...virtual, offsetMs: 0, now: () => virtual.now() + clock.offsetMs };
  const campus = await startCampus({ retryScheduleSeconds: [2, 2, 2], clock });
  const receivers: WebhookReceiver[] = [];
  return {
    campus,
    clock,
    quiet: (milliseconds = 5_000) => clock.advance(milliseconds),
    async receiver(...replies) {
      const started = await startVirtualReceiver(virtual, replies);
      receivers.push(started);
      return started;
    },
    async register(url, more = {}, key) {
      const json = { url, ...more };
      const options = { method: "POST", json, ...(key !== undefined && { key }) };
      return webhookEndpointCreatedSchema.parse((await campus.call("/v1/webhook-endpoints", options)).body);
    },
    async close() {
      await campus.close();
      for (const receiver of receivers) await receiver.close();
    },
  };
}

const online = estate.devices.find(({ type, status }) => type === "camera" && status === "online");
if (online === undefined) throw new Error("the estate has no camera online");
/** A camera of the university that is online when the campus opens. */
export const camera = online;

/** Waits so long that an unwanted webhook would have arrived. */
export const quiet = (milliseconds = 150) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Verifies a signature with two independent verifiers, so that a mistake in our own is noticed.
 *
 * @param now the campus's time if its clock is shifted; the independent verifier does not support a shifted
 *   clock and is then skipped
 */
export async function expectSigned({ headers, body }: Received, secret: string, now?: Date): Promise<void> {
  await verify({ headers, body, keys: secret, ...(now && { now }) });
  if (now === undefined) new Webhook(secret).verify(body, headers as Record<string, string>);
}
