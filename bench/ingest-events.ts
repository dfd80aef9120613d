import { createHmac, randomUUID } from "node:crypto";
import { sign } from "@convergint/webhooks";

const ORG = "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01";
const SITE = "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10";
const DEVICES = 5000;

/** @returns the id of a device of the listing */
type ChooseDevice = () => string;
const chooseDevice: ChooseDevice = () => `device-${Math.floor(Math.random() * DEVICES)}`;

/** Creates an event of about 420 bytes with a new id. */
export function createEvent(choose: ChooseDevice = chooseDevice): { id: string; text: string } {
  const id = randomUUID();
  const status = Math.random() < 0.5 ? "offline" : "online";
  const text = JSON.stringify({
    specversion: "1.0",
    id,
    source: "urn:bench:vendor",
    type: "com.convergint.device.status_changed.v1",
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    data: {
      org_id: ORG,
      site_id: SITE,
      device_id: choose(),
      status,
      previous_status: status === "offline" ? "online" : "offline",
    },
  });
  return { id, text };
}

function toRequest(path: string, body: string, mediaType: string, signature: object): Buffer {
  const lines = Object.entries({
    host: "127.0.0.1",
    "content-type": mediaType,
    "content-length": Buffer.byteLength(body),
    ...signature,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

async function request(
  path: string,
  secret: string,
  id: string,
  body: string,
  mediaType: string,
): Promise<Buffer> {
  return toRequest(path, body, mediaType, await sign({ id, body, keys: secret }));
}

/** Creates complete requests with one signed event each. */
export const eventRequests = (
  count: number,
  path: string,
  secret: string,
  choose?: ChooseDevice,
): Promise<Buffer[]> =>
  Promise.all(
    Array.from({ length: count }, () => {
      const { id, text } = createEvent(choose);
      return request(path, secret, id, text, "application/cloudevents+json");
    }),
  );

/**
 * Creates complete requests with one health event each, in the format of Convergint's documentation page for
 * vendors, and with its signature.
 */
export const pageRequests = (count: number, path: string, secret: string): Buffer[] =>
  Array.from({ length: count }, () => {
    const body = JSON.stringify({
      event_id: randomUUID(),
      event_type: "health",
      device_id: chooseDevice(),
      timestamp: new Date().toISOString(),
      account_id: ORG,
      site_id: SITE,
      data: { status: Math.random() < 0.5 ? "offline" : "online" },
    });
    return toRequest(path, body, "application/json", {
      "x-webhook-timestamp": String(Math.floor(Date.now() / 1000)),
      "x-webhook-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    });
  });

/** Creates complete requests with a signed batch of events each. */
export const batchRequests = (count: number, size: number, path: string, secret: string): Promise<Buffer[]> =>
  Promise.all(
    Array.from({ length: count }, () => {
      const events = Array.from({ length: size }, () => createEvent().text);
      return request(
        path,
        secret,
        `batch_${randomUUID()}`,
        `[${events.join(",")}]`,
        "application/cloudevents-batch+json",
      );
    }),
  );
