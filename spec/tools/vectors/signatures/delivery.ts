import { createHmac, sign } from "node:crypto";
import { KEY_PAIRS, secretBytes } from "./keys.ts";

/** What a signature covers: id, timestamp and body. */
export interface Delivery {
  readonly id: string;
  /** As written in the header. */
  readonly timestamp: string;
  readonly body: Buffer;
}

/** The time at which the vectors are signed, and the time on the verifier's clock. */
export const NOW = Date.UTC(2026, 10, 23, 8, 31, 8) / 1000;

const EVENT_ID = "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z";

/** An event as one line of JSON. */
export const EVENT = {
  specversion: "1.0",
  id: EVENT_ID,
  source: "urn:example-campus:org:org_1",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:31:07.120Z",
  subject: "cam_1",
  data: { org_id: "org_1", site_id: "site_1", device_id: "cam_1", status: "offline" },
};

/** The delivery of most vectors. */
export const DELIVERY: Delivery = {
  id: EVENT_ID,
  timestamp: String(NOW),
  body: Buffer.from(JSON.stringify(EVENT)),
};

/** Returns the signed content of a delivery: `id.timestamp.body`. */
export const signedContent = ({ id, timestamp, body }: Delivery): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);

/** Computes an HMAC with any algorithm and encoding; `v1` uses SHA-256 and base64. */
export const hmac = (
  key: Buffer,
  content: Buffer,
  algorithm = "sha256",
  writing: "base64" | "base64url" | "hex" = "base64",
): string => createHmac(algorithm, key).update(content).digest(writing);

/** Signs like a vendor: `v1` with a `whsec_` secret, `v1a` with a `whsk_` key. */
export function signature(key: string, delivery: Delivery): string {
  const content = signedContent(delivery);
  const pair = Object.values(KEY_PAIRS).find(({ secret }) => secret === key);
  return pair
    ? `v1a,${sign(null, content, pair.signer).toString("base64")}`
    : `v1,${hmac(secretBytes(key), content)}`;
}

/** Returns one signature per key, separated by spaces. */
export const signatures = (keys: readonly string[], delivery: Delivery): string =>
  keys.map((key) => signature(key, delivery)).join(" ");
