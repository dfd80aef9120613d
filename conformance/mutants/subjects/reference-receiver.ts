import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eventSchemaOf } from "@convergint/schemas";
import { verify, WebhookVerificationError } from "@convergint/webhooks";
import { type PollerParts, poll, type ReadListing, rightPollerParts } from "./reference-poller.ts";

const EVENT = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";
const FUTURE_MS = 5 * 60_000;

/** What is read of an event that is one. */
export interface TakenEvent {
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly data: ToldDevice & { readonly org_id: string; readonly device_id?: string };
}

/** What is kept of a device, whichever way it came. */
interface ToldDevice {
  readonly status?: string;
  readonly vendor_status?: string;
  readonly type?: string;
}

/** A status that is known of a device. */
interface Known {
  readonly orgId: string;
  readonly status: string;
  readonly vendorStatus: string | undefined;
  readonly type: string | undefined;
  /** When the status was so. */
  readonly at: number;
  /** When it was last told of: what lacks it must be of a later moment. */
  readonly toldAt: number;
}

/** What a receiver does, each part by itself, so that a mutant can do one of them wrongly. */
export interface ReceiverParts {
  readonly mostBytes: number;
  readonly toleranceSeconds: number;
  /** The secrets to verify with, by the path that was posted to. */
  keysFor(path: string): readonly string[];
  /** Of what the body is verified. */
  signedBytes(body: Buffer): Uint8Array | string;
  /** What a delivery that does not verify is answered with; `null` takes it all the same. */
  unverified(error: WebhookVerificationError): number | null;
  /** The headers that the signature is read from. */
  signedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders;
  takesMediaType(mediaType: string): boolean;
  /** What a body that is no JSON is answered with. */
  readonly notJson: number;
  /** What JSON that is no event is answered with. */
  readonly notAnEvent: number;
  /** What the text says; throws where it is no JSON. */
  parse(body: Buffer): unknown;
  isEvent(value: unknown): boolean;
  /** By what an event is known again. */
  keyOf(event: TakenEvent): string;
  /** What a repetition is answered with. */
  readonly repeated: number;
  /** Whether a repetition acts on the device once more. */
  readonly appliesRepeated: boolean;
  /** When an event counts as having happened. */
  occurredAt(event: TakenEvent, receivedAt: number): number;
  /** Whether an observation takes the place of another. */
  replaces(at: number, known: number): boolean;
  takesOrg(orgId: string): boolean;
  isShown(orgId: string): boolean;
  takesDevice(known: boolean): boolean;
  /** Which events of a batch are kept, by whether each is one. */
  keptOf(areEvents: readonly boolean[]): readonly boolean[];
  /** What is answered to a batch. */
  batchAnswer(areEvents: readonly boolean[]): unknown;
  /** What is kept of what an event tells. */
  told(data: ToldDevice): ToldDevice;
  readonly polling: PollerParts;
}

/** What the reference receiver is set up with. */
export interface ReceiverSetup {
  readonly secrets: readonly string[];
  readonly otherSecret: string;
  readonly boundOrg: string;
}

/** The parts of a receiver that does all of it right. */
export const rightParts = ({ secrets, otherSecret, boundOrg }: ReceiverSetup): ReceiverParts => ({
  mostBytes: 256 * 1024,
  toleranceSeconds: 300,
  keysFor: (path) => (path === "/other" ? [otherSecret] : secrets),
  signedBytes: (body) => body,
  unverified: () => 401,
  signedHeaders: (headers) => headers,
  takesMediaType: (mediaType) => mediaType === EVENT || mediaType === BATCH,
  notJson: 400,
  notAnEvent: 400,
  parse: (body) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)),
  isEvent(value) {
    const { type } = (value ?? {}) as { readonly type?: unknown };
    return eventSchemaOf(typeof type === "string" ? type : "").safeParse(value).success;
  },
  keyOf: ({ source, id }) => JSON.stringify([source, id]),
  repeated: 204,
  appliesRepeated: false,
  occurredAt: ({ time }, receivedAt) =>
    Date.parse(time) > receivedAt + FUTURE_MS ? receivedAt : Date.parse(time),
  replaces: (at, known) => at > known,
  takesOrg: () => true,
  isShown: (orgId) => orgId === boundOrg,
  takesDevice: () => true,
  keptOf: (areEvents) => areEvents,
  batchAnswer: (areEvents) => ({
    accepted: areEvents.filter(Boolean).length,
    refused: areEvents.flatMap((isOne, index) => (isOne ? [] : [{ index, code: "invalid_event" }])),
  }),
  told: (data) => data,
  polling: rightPollerParts,
});

class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
  }
  if (size > mostBytes) throw new Refused(413);
  return Buffer.concat(chunks);
}

/** A consumer as small as it gets, in memory, made of the given parts. */
export interface ReferenceReceiver {
  /** @returns its base URL: webhooks go to `/hooks`, statuses are at `/devices/{device_id}` */
  listen(): Promise<string>;
  /** Polls a vendor from now on. */
  poll(vendor: { readonly baseUrl: string; readonly apiKey: string; readonly everyMs: number }): void;
  close(): Promise<void>;
}

export function createReferenceReceiver(parts: ReceiverParts): ReferenceReceiver {
  const taken = new Set<string>();
  const devices = new Map<string, Known>();
  const closing = new AbortController();

  function observe(id: string, orgId: string, told: ToldDevice, at: number, toldAt = at): void {
    const { status, vendor_status: vendorStatus, type } = told;
    const known = devices.get(id);
    if (status === undefined) return;
    if (known && !parts.replaces(at, known.at)) {
      devices.set(id, { ...known, toldAt: Math.max(known.toldAt, toldAt) });
    } else {
      devices.set(id, { orgId, status, vendorStatus, type: type ?? known?.type, at, toldAt });
    }
  }

  function apply({ data }: TakenEvent, at: number): void {
    const { org_id: orgId, device_id: id } = data;
    if (id !== undefined && parts.takesDevice(devices.has(id))) observe(id, orgId, parts.told(data), at);
  }

  function applyListing({ pages }: ReadListing): void {
    const { polling } = parts;
    const listed = new Set<string>();
    const asOf = Date.parse(pages[0]?.snapshot.as_of ?? "");
    for (const page of pages) {
      for (const device of page.data) {
        listed.add(device.device_id);
        const told = { ...device, status: polling.listedStatus(device) };
        observe(device.device_id, device.org_id, told, polling.listedAt(device, page), asOf);
      }
    }
    for (const [id, { toldAt }] of devices) {
      if (polling.removes && !listed.has(id) && toldAt < asOf) devices.delete(id);
    }
  }

  function take(event: TakenEvent): number {
    if (!parts.takesOrg(event.data.org_id)) throw new Refused(404);
    const key = parts.keyOf(event);
    const isRepeated = taken.has(key);
    taken.add(key);
    if (!isRepeated) apply(event, parts.occurredAt(event, Date.now()));
    else if (parts.appliesRepeated) apply(event, Date.now());
    return isRepeated ? parts.repeated : 204;
  }

  async function authenticate({ url = "/", headers }: IncomingMessage, body: Buffer): Promise<void> {
    try {
      await verify({
        headers: parts.signedHeaders(headers),
        body: parts.signedBytes(body),
        keys: parts.keysFor(url),
        toleranceSeconds: parts.toleranceSeconds,
      });
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      const status = parts.unverified(error);
      if (status !== null) throw new Refused(status);
    }
  }

  function parsed(body: Buffer): unknown {
    try {
      return parts.parse(body);
    } catch {
      throw new Refused(parts.notJson);
    }
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, parts.mostBytes);
    await authenticate(request, body);
    const mediaType = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
    if (!parts.takesMediaType(mediaType)) throw new Refused(415);
    const value = parsed(body);
    if (mediaType === BATCH && Array.isArray(value)) {
      const areEvents = value.map((each) => parts.isEvent(each));
      const kept = parts.keptOf(areEvents);
      for (const [index, event] of value.entries()) if (kept[index]) take(event);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(parts.batchAnswer(areEvents)));
      return;
    }
    if (!parts.isEvent(value)) throw new Refused(parts.notAnEvent);
    response.writeHead(take(value as TakenEvent)).end();
  }

  function show(url: string, response: ServerResponse): void {
    const known = devices.get(decodeURIComponent(url.replace("/devices/", "")));
    const isShown = known !== undefined && parts.isShown(known.orgId);
    response.writeHead(isShown ? 200 : 404, { "content-type": "application/json" });
    const shown = known && { status: known.status, vendor_status: known.vendorStatus, type: known.type };
    response.end(JSON.stringify(isShown ? shown : {}));
  }

  const server = createServer((request, response) => {
    if (request.method === "GET") return show(request.url ?? "/", response);
    receive(request, response).catch((error: unknown) => {
      response.writeHead(error instanceof Refused ? error.status : 500).end();
    });
  });
  return {
    async listen() {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    poll(vendor) {
      // Its vendor is gone when the run is over.
      poll(vendor, parts.polling, applyListing, closing.signal).catch(() => {});
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
