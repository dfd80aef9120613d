import { createHmac } from "node:crypto";
import { EVENT_MEDIA_TYPE, type Event } from "@convergint/schemas";
import type { MockVendorCloud } from "../cloud/mock-vendor-cloud.ts";
import { MockError, requireUrl } from "../mock-error.ts";

/** Where to post, in addition to the endpoints that consumers registered by the API. */
export interface PostTarget {
  readonly url: string;
  /** The `whsec_` secret to sign with. */
  readonly secret: string;
}

/** Options of a poster. */
export interface PosterOptions {
  /** Endpoints that were registered by hand; they get every event. Default: none. */
  readonly to?: readonly PostTarget[];
  /** Posts the deliveries. Default: the `fetch` of the runtime. */
  readonly fetch?: typeof fetch;
  /** The vendor's clock, for the timestamps. */
  readonly now?: () => Date;
  /** Calls back every `seconds` until the returned function is called. Default: `setInterval`. */
  readonly every?: (seconds: number, callback: () => void) => () => void;
}

/** What happened to one delivery. */
export interface PostedDelivery {
  readonly url: string;
  readonly event: Event;
  /** The status of the response; `null` without a response. */
  readonly status: number | null;
  /** Why there was no response; `null` if there was one. */
  readonly failure: string | null;
}

/** Signs and posts the events of a mock vendor cloud. Each delivery is attempted once. */
export interface Poster {
  /** Every delivery so far, in the order in which they ended. */
  readonly posted: readonly PostedDelivery[];
  /**
   * Posts an event to every endpoint that subscribes to it.
   *
   * @returns one result for each endpoint
   */
  post(event: Event): Promise<readonly PostedDelivery[]>;
  /**
   * Starts to change the status of one device after another, and posts the event of each change.
   *
   * @returns a function that ends this, and resolves after the delivery that is under way
   * @throws {MockError} `invalid_option` unless `everySeconds` is above 0
   */
  start(everySeconds: number): () => Promise<void>;
}

const everyInterval: NonNullable<PosterOptions["every"]> = (seconds, callback) => {
  const timer = setInterval(callback, seconds * 1000);
  return () => clearInterval(timer);
};

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(secret.indexOf("_") + 1), "base64");

/** Signs a body with each secret. @see spec/1.0/contract.md#signatures */
function signatureOf(id: string, timestamp: string, body: string, secrets: readonly string[]): string {
  const message = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac("sha256", keyOf(secret)).update(message).digest("base64")}`)
    .join(" ");
}

/**
 * Creates a poster, for tests of code that receives webhooks.
 *
 * @throws {MockError} `invalid_option`
 * @see spec/1.0/contract.md#delivery
 */
export function createPoster(
  cloud: MockVendorCloud,
  { to = [], fetch = globalThis.fetch, now = () => new Date(), every = everyInterval }: PosterOptions = {},
): Poster {
  for (const { url, secret } of to) {
    requireUrl(url);
    if (!/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret))
      throw new MockError("invalid_option", "Invalid secret in `to`: pass a whsec_ secret as it was issued.");
  }
  const posted: PostedDelivery[] = [];

  function targetsOf({ type, data }: Event) {
    const registered = cloud.endpoints.flatMap(({ endpoint: { url, org_id, event_types }, secrets }) =>
      (!org_id || org_id === data.org_id) && (!event_types || event_types.includes(type))
        ? [{ url, secrets }]
        : [],
    );
    return [...to.map(({ url, secret }) => ({ url, secrets: [secret] })), ...registered];
  }

  async function postTo(url: string, secrets: readonly string[], event: Event): Promise<PostedDelivery> {
    const body = JSON.stringify(event);
    const timestamp = String(Math.floor(now().getTime() / 1000));
    const headers = {
      "content-type": EVENT_MEDIA_TYPE,
      "webhook-id": event.id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signatureOf(event.id, timestamp, body, secrets),
    };
    const outcome = await fetch(url, { method: "POST", headers, body, redirect: "manual" }).then(
      async (response) => {
        await response.arrayBuffer().catch(() => {});
        return { status: response.status, failure: null };
      },
      (error: Error) => ({ status: null, failure: String(error.cause ?? error.message) }),
    );
    const delivery = { url, event, ...outcome };
    posted.push(delivery);
    return delivery;
  }

  const post = (event: Event) =>
    Promise.all(targetsOf(event).map(({ url, secrets }) => postTo(url, secrets, event)));

  function start(everySeconds: number) {
    if (!(everySeconds > 0))
      throw new MockError("invalid_option", "Invalid everySeconds: pass a number above 0.");
    let changes = 0;
    let last: Promise<unknown> = Promise.resolve();
    const stop = every(everySeconds, () => {
      const { devices } = cloud;
      const device = devices[changes % devices.length];
      changes += 1;
      if (!device) return;
      const event = cloud.setStatus(device.device_id, device.status === "offline" ? "online" : "offline");
      // One after the other, so that the events of a device arrive in order.
      last = last.then(() => post(event));
    });
    return async () => {
      stop();
      await last;
    };
  }

  return { posted, post, start };
}
