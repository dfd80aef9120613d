import { type SignOptions, sign } from "@convergint/webhooks";
import { type Answer, call } from "./running-server.ts";

const STATUS_CHANGED = "com.convergint.device.status_changed.v1";

/** Creates a status event. The members of the argument override the defaults. */
export const statusChanged = ({
  data = {},
  ...more
}: Readonly<Record<string, unknown>> & { readonly data?: Readonly<Record<string, unknown>> } = {}) => ({
  specversion: "1.0",
  id: "evt-1",
  source: "urn:stand-in:org",
  type: STATUS_CHANGED,
  time: "2026-11-23T08:30:00Z",
  data: { org_id: "org", site_id: "hq", device_id: "cam-1", status: "offline", ...data },
  ...more,
});

/** How a delivery is signed and sent. */
export interface DeliveryOptions {
  readonly secret: SignOptions["keys"];
  /** The webhook-id. Default: the event's id. */
  readonly id?: string;
  readonly timestamp?: Date | number;
  /** Headers to add or replace; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Signs and posts one delivery: an event, or any bytes. */
export async function deliver(
  url: string,
  event: (Readonly<Record<string, unknown>> & { readonly id: string }) | string | Uint8Array<ArrayBuffer>,
  { secret, id, timestamp = new Date(), headers = {} }: DeliveryOptions,
): Promise<Answer> {
  const raw = typeof event === "string" || event instanceof Uint8Array;
  const body = raw ? event : JSON.stringify(event);
  const signed = await sign({ id: id ?? (raw ? "evt-1" : event.id), body, keys: secret, timestamp });
  const all = { "content-type": "application/cloudevents+json", ...signed, ...headers };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return call(url, { method: "POST", headers: sent, body });
}
