import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mediaTypeOf } from "@convergint/internal/media-type";
import { eventSchemaOf } from "@convergint/schemas";
import { verify, WebhookVerificationError } from "@convergint/webhooks";
import { type Clock, sleep } from "../../src/harness/clock.ts";
import type { Operator } from "./operator.ts";
import {
  correctPollerParts,
  type PollerParts,
  type PollTarget,
  poll,
  type ReadListing,
} from "./reference-poller.ts";

/** The reference receiver with one part that is wrong. */
export interface ReceiverMutant {
  /** Id of the one requirement that the defect breaks. */
  readonly breaks: string;
  /** Which mutation operator yields the defect. */
  readonly operator: Operator;
  /** Describes the defect in one sentence. */
  readonly defect: string;
  /** Returns the parts that differ. */
  readonly parts: (correct: ReceiverParts, setup: ReceiverSetup) => Partial<ReceiverParts>;
  /** Whether the receiver also polls. The broken requirement does not need polling. */
  readonly polls?: boolean;
}

/** Mutants of the receiver, by name. */
export type ReceiverMutants = Readonly<Record<string, ReceiverMutant>>;

const EVENT = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";
const FUTURE_MS = 5 * 60_000;

/** The members of a valid event that the receiver uses. */
interface ReceivedEvent {
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly data: DeviceData & {
    readonly org_id: string;
    readonly site_id?: string;
    readonly device_id?: string;
  };
}

/** The members of a device that the receiver keeps, from an event or a listing. */
interface DeviceData {
  readonly status?: string;
  readonly vendor_status?: string;
  readonly type?: string;
}

/** The current observation of a device. */
interface Observation {
  readonly orgId: string;
  readonly status: string;
  readonly vendorStatus: string | undefined;
  readonly type: string | undefined;
  /** When the status was observed. */
  readonly at: number;
  /**
   * When the device was last mentioned. A listing without the device removes it only if the listing is newer.
   */
  readonly mentionedAt: number;
}

/** The behaviour of a receiver. The behaviour is split into parts, so that a mutant can replace one part. */
export interface ReceiverParts {
  readonly maxBytes: number;
  readonly toleranceSeconds: number;
  /** Returns the secrets to verify with, by the path of the request. */
  keysFor(path: string): readonly string[];
  /** Returns the bytes to verify. */
  signedBytes(body: Buffer): Uint8Array | string;
  /** Returns the status for a delivery that does not verify; `null` accepts it. */
  refuseUnverified(error: WebhookVerificationError): number | null;
  /** Whether a body is parsed before its signature is verified. */
  readonly parsesFirst: boolean;
  /** Whether a refused delivery takes effect anyway. */
  readonly appliesUnverified: boolean;
  /** Decides, from the number of concurrent requests, whether an acknowledged event is lost. */
  loses(underWay: number): boolean;
  /**
   * The maximum number of concurrent requests. The receiver answers further requests with 429 and
   * `Retry-After: 1`.
   */
  readonly maxUnderWay: number;
  /** Whether an event of an unknown device takes effect only after a listing contains the device. */
  readonly keepsUntilListed: boolean;
  /** How long a request takes before its event is accepted. */
  readonly pauseMs: number;
  /** How long after the response an event takes effect; 0 if the event takes effect before the response. */
  readonly delayMs: number;
  /** Returns the headers to read the signature from. */
  signedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders;
  acceptsMediaType(mediaType: string): boolean;
  /** The status for a body that is not JSON. */
  readonly invalidJsonStatus: number;
  /** The status for JSON that is not a valid event. */
  readonly invalidEventStatus: number;
  /** @throws if the request's body is not JSON */
  parse(body: Buffer): unknown;
  isEvent(value: unknown): boolean;
  /** Returns the key that duplicates share. */
  deduplicationKey(event: ReceivedEvent): string;
  /** Returns the status for a duplicate, by the number of requests under way. */
  duplicateStatus(underWay: number): number;
  /** Whether a duplicate is applied to the device again. */
  readonly appliesDuplicates: boolean;
  /** Returns the time by which an event is ordered. */
  occurredAt(event: ReceivedEvent, receivedAt: number): number;
  /** Decides whether an observation replaces the current one. */
  replaces(at: number, current: number): boolean;
  acceptsOrg(orgId: string): boolean;
  acceptsSite(siteId: string): boolean;
  showsOrg(orgId: string): boolean;
  acceptsDevice(isKnown: boolean): boolean;
  /** Decides which events of a batch to keep. The argument tells for each event whether it is valid. */
  selectEvents(areValid: readonly boolean[]): readonly boolean[];
  /** Returns the response body for a batch. */
  describeBatch(areValid: readonly boolean[]): unknown;
  /** Selects what to keep of an event's data. */
  selectData(data: DeviceData): DeviceData;
  readonly polling: PollerParts;
}

export interface ReceiverSetup {
  readonly secrets: readonly string[];
  /** The secret of another integration, whose webhooks go to `/other`. */
  readonly otherSecret: string;
  readonly boundOrg: string;
  readonly clock: Clock;
}

/** The parts of a receiver without a defect. */
export const correctParts = ({ secrets, otherSecret, boundOrg }: ReceiverSetup): ReceiverParts => ({
  maxBytes: 256 * 1024,
  toleranceSeconds: 300,
  keysFor: (path) => (path === "/other" ? [otherSecret] : secrets),
  signedBytes: (body) => body,
  refuseUnverified: () => 401,
  parsesFirst: false,
  appliesUnverified: false,
  loses: () => false,
  maxUnderWay: Number.POSITIVE_INFINITY,
  keepsUntilListed: false,
  pauseMs: 0,
  delayMs: 0,
  signedHeaders: (headers) => headers,
  acceptsMediaType: (mediaType) => mediaType === EVENT || mediaType === BATCH,
  invalidJsonStatus: 400,
  invalidEventStatus: 400,
  parse: (body) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)),
  isEvent(value) {
    const { type } = (value ?? {}) as { readonly type?: unknown };
    return eventSchemaOf(typeof type === "string" ? type : "").safeParse(value).success;
  },
  deduplicationKey: ({ source, id }) => JSON.stringify([source, id]),
  duplicateStatus: () => 204,
  appliesDuplicates: false,
  occurredAt: ({ time }, receivedAt) =>
    Date.parse(time) > receivedAt + FUTURE_MS ? receivedAt : Date.parse(time),
  replaces: (at, current) => at > current,
  acceptsOrg: () => true,
  acceptsSite: () => true,
  showsOrg: (orgId) => orgId === boundOrg,
  acceptsDevice: () => true,
  selectEvents: (areValid) => areValid,
  describeBatch: (areValid) => ({
    accepted: areValid.filter(Boolean).length,
    refused: areValid.flatMap((isValid, index) => (isValid ? [] : [{ index, code: "invalid_event" }])),
  }),
  selectData: (data) => data,
  polling: correctPollerParts,
});

class RefusedError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw new RefusedError(413);
  return Buffer.concat(chunks);
}

/** A minimal consumer, in memory, made of the given parts. */
export interface ReferenceReceiver {
  /** @returns its base URL; webhooks go to `/hooks`, and `/devices/{device_id}` shows a status */
  listen(): Promise<string>;
  /** Starts to poll a vendor. */
  poll(vendor: PollTarget): void;
  close(): Promise<void>;
}

export function createReferenceReceiver(parts: ReceiverParts, clock: Clock): ReferenceReceiver {
  const received = new Set<string>();
  const kept: { readonly event: ReceivedEvent; readonly at: number }[] = [];
  let underWay = 0;
  const devices = new Map<string, Observation>();
  const closing = new AbortController();

  function observe(id: string, orgId: string, data: DeviceData, at: number, mentionedAt = at): void {
    const { status, vendor_status: vendorStatus, type } = data;
    const current = devices.get(id);
    if (status === undefined) return;
    if (current && !parts.replaces(at, current.at)) {
      devices.set(id, { ...current, mentionedAt: Math.max(current.mentionedAt, mentionedAt) });
    } else {
      devices.set(id, { orgId, status, vendorStatus, type: type ?? current?.type, at, mentionedAt });
    }
  }

  function applyEvent(event: ReceivedEvent, at: number): void {
    const { data } = event;
    if (parts.keepsUntilListed && !devices.has(data.device_id ?? "")) {
      kept.push({ event, at });
      return;
    }
    const { org_id: orgId, device_id: id } = data;
    if (id !== undefined && parts.acceptsDevice(devices.has(id)))
      observe(id, orgId, parts.selectData(data), at);
  }

  function applyListing({ pages }: ReadListing): void {
    const { polling } = parts;
    const listed = new Set<string>();
    const asOf = Date.parse(pages[0]?.snapshot.as_of ?? "");
    for (const page of pages) {
      for (const device of page.data) {
        listed.add(device.device_id);
        const data = { ...device, status: polling.listedStatus(device) };
        observe(device.device_id, device.org_id, data, polling.listedAt(device, page), asOf);
      }
    }
    for (const { event, at } of kept.splice(0)) applyEvent(event, at);
    for (const [id, { mentionedAt }] of devices) {
      if (polling.removes && !listed.has(id) && mentionedAt < asOf) devices.delete(id);
    }
  }

  /** @returns the status of the response */
  function accept(event: ReceivedEvent): number {
    if (!parts.acceptsOrg(event.data.org_id) || !parts.acceptsSite(event.data.site_id ?? ""))
      throw new RefusedError(404);
    const key = parts.deduplicationKey(event);
    const isDuplicate = received.has(key);
    received.add(key);
    if (!isDuplicate && !parts.loses(underWay)) {
      const at = parts.occurredAt(event, clock.now());
      if (parts.delayMs === 0) applyEvent(event, at);
      else clock.setTimer(() => applyEvent(event, at), parts.delayMs);
    }
    if (isDuplicate && parts.appliesDuplicates) applyEvent(event, clock.now());
    return isDuplicate ? parts.duplicateStatus(underWay) : 204;
  }

  async function authenticate({ url = "/", headers }: IncomingMessage, body: Buffer): Promise<void> {
    try {
      await verify({
        headers: parts.signedHeaders(headers),
        body: parts.signedBytes(body),
        keys: parts.keysFor(url),
        toleranceSeconds: parts.toleranceSeconds,
        now: new Date(clock.now()),
      });
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      const status = parts.refuseUnverified(error);
      if (parts.appliesUnverified) applyEvent(JSON.parse(body.toString("utf8")), clock.now());
      if (status !== null) throw new RefusedError(status);
    }
  }

  function parse(body: Buffer): unknown {
    try {
      return parts.parse(body);
    } catch {
      throw new RefusedError(parts.invalidJsonStatus);
    }
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, parts.maxBytes);
    if (underWay > parts.maxUnderWay) throw new RefusedError(429);
    if (parts.parsesFirst) parse(body);
    await authenticate(request, body);
    if (parts.pauseMs > 0) await sleep(clock, parts.pauseMs, closing.signal);
    const mediaType = mediaTypeOf(request.headers["content-type"]);
    if (!parts.acceptsMediaType(mediaType)) throw new RefusedError(415);
    const value = parse(body);
    if (mediaType === BATCH && Array.isArray(value)) {
      const areValid = value.map((each) => parts.isEvent(each));
      const kept = parts.selectEvents(areValid);
      for (const [index, event] of value.entries()) if (kept[index]) accept(event);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(parts.describeBatch(areValid)));
      return;
    }
    if (!parts.isEvent(value)) throw new RefusedError(parts.invalidEventStatus);
    response.writeHead(accept(value as ReceivedEvent)).end();
  }

  function show(url: string, response: ServerResponse): void {
    const device = devices.get(decodeURIComponent(url.replace("/devices/", "")));
    const isShown = device !== undefined && parts.showsOrg(device.orgId);
    response.writeHead(isShown ? 200 : 404, { "content-type": "application/json" });
    const shown = device && { status: device.status, vendor_status: device.vendorStatus, type: device.type };
    response.end(JSON.stringify(isShown ? shown : {}));
  }

  const server = createServer((request, response) => {
    if (request.method === "GET") return show(request.url ?? "/", response);
    underWay += 1;
    receive(request, response)
      .catch((error: unknown) => {
        const status = error instanceof RefusedError ? error.status : 500;
        response.writeHead(status, status === 429 ? { "retry-after": "1" } : {}).end();
      })
      .finally(() => {
        underWay -= 1;
      });
  });
  return {
    async listen() {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    poll(vendor) {
      // Polling fails when the run ends and closes the vendor.
      poll(vendor, parts.polling, applyListing, { clock, signal: closing.signal }).catch(() => {});
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
