import { createSeededRandom } from "@convergint/internal/seeded-random";
import {
  type Device,
  type DeviceAddedEvent,
  type DeviceRemovedEvent,
  type DeviceStatus,
  type DeviceStatusChangedEvent,
  type Event,
  type eventSchema,
  eventSchemaOf,
  MANIFEST_PATH,
  type Org,
  type Site,
} from "@convergint/schemas";
import type { HttpHandler } from "msw";
import { type Aim, FaultQueue, type Faults } from "../faults.ts";
import { MockError, requireUrl } from "../mock-error.ts";
import { Refusal } from "../problem.ts";
import { readWritten, type Written } from "../written.ts";
import { readCampus, readDevice, type WrittenCampus, type WrittenDevice } from "./campus.ts";
import { endpointRoutes } from "./endpoint-routes.ts";
import { EventMaker } from "./event-maker.ts";
import { EventLog, eventRoutes } from "./event-routes.ts";
import { Inventory } from "./inventory.ts";
import { deviceRoutes, placeRoutes } from "./inventory-routes.ts";
import { PageCutter } from "./page-cutter.ts";
import { type RegisteredEndpoint, RegisteredEndpoints } from "./registered-endpoints.ts";
import { handlerOf, type Route, refuseOtherMethods } from "./route.ts";
import { seededCampus } from "./seeded-campus.ts";
import { describeCloud, describeEvents, type SignedTokens } from "./self-description.ts";
import { SyncTokens } from "./sync-tokens.ts";

/** An event as a test writes it. @see spec/1.0/contract.md#events */
export type WrittenEvent = Written<typeof eventSchema>;

/** The source of the devices. */
type Origin =
  | {
      /** Number of devices of a seeded campus with 2 orgs and 4 sites. Default: 24. */
      readonly devices?: number;
      readonly campus?: never;
    }
  | {
      readonly devices?: never;
      /** A campus that the test defines. */
      readonly campus: WrittenCampus;
    };

/** Options of a mock vendor cloud. */
export type MockVendorCloudOptions = Origin & {
  /** Base URL of the cloud. Default: `https://vendor.example`. */
  readonly url?: string;
  /** The only valid API key. Default: `mock-api-key`. */
  readonly apiKey?: string;
  /** Accepts signed tokens too, and declares them in the manifest. Default: none. */
  readonly signedTokens?: SignedTokens;
  /** Seed of every id, name, status, cursor and secret. Default: 1. */
  readonly seed?: number;
  /** The vendor's clock. */
  readonly now?: () => Date;
};

/** A vendor's cloud inside the test. It posts no webhooks: sign and post the events that its methods return, or use `createPoster`. */
export interface MockVendorCloud extends Faults<Aim> {
  /** The base URL, where the manifest is. */
  readonly url: string;
  readonly apiKey: string;
  /** For msw: `setupServer(...cloud.handlers)`, `setupWorker(...cloud.handlers)`. */
  readonly handlers: readonly HttpHandler[];
  readonly orgs: readonly Org[];
  readonly sites: readonly Site[];
  /** The devices as they are now. */
  readonly devices: readonly Device[];
  /** The registered webhook endpoints that were not deleted. */
  readonly endpoints: readonly RegisteredEndpoint[];
  /**
   * Sets the status of a device.
   *
   * @returns the event of the change, which is also in backfill
   * @throws {MockError} `unknown_device`, `invalid_device`
   */
  setStatus(deviceId: string, status: DeviceStatus): DeviceStatusChangedEvent;
  /**
   * Adds a device to one of the sites.
   *
   * @returns the event of the change, which is also in backfill
   * @throws {MockError} `invalid_device`
   */
  addDevice(device: WrittenDevice): DeviceAddedEvent;
  /**
   * Removes a device; incremental sync lists its tombstone.
   *
   * @returns the event of the change, which is also in backfill
   * @throws {MockError} `unknown_device`
   */
  removeDevice(deviceId: string): DeviceRemovedEvent;
  /**
   * Adds an event to backfill.
   *
   * @throws {MockError} `invalid_event`, also for a duplicate id
   * @see spec/1.0/contract.md#backfill
   */
  publish(event: WrittenEvent): void;
}

/** Returns a device's record with a new status. Removes members that describe the previous status. */
function withStatus(device: Device, status: DeviceStatus, at: Date): Device {
  const { status_reason: _reason, vendor_status: _word, ...rest } = device;
  const moment = at.toISOString();
  return {
    ...rest,
    status,
    status_observed_at: moment,
    ...(status !== device.status && { status_changed_at: moment }),
    ...((status === "online" || status === "degraded") && { last_seen_at: moment }),
    updated_at: moment,
  };
}

/** Refuses what the manifest of a vendor may not say. @throws {MockError} `invalid_option` */
function requireTokens({ issuer, algorithms = ["RS256"], maxLifetimeSeconds = 3600 }: SignedTokens): void {
  if (issuer === "" || !algorithms.includes("RS256"))
    throw new MockError("invalid_option", "Invalid signedTokens: pass an issuer, and algorithms with RS256.");
  if (!Number.isInteger(maxLifetimeSeconds) || maxLifetimeSeconds < 60 || maxLifetimeSeconds > 3600)
    throw new MockError("invalid_option", "Invalid signedTokens: maxLifetimeSeconds is from 60 to 3600.");
}

/** @throws {MockError} `invalid_event` */
function readEvent(written: WrittenEvent): Event {
  return readWritten(eventSchemaOf(written.type), written, `The event ${written.id}`, "invalid_event");
}

/**
 * Creates a vendor's cloud for unit tests: msw handlers that answer from memory, as the contract specifies.
 *
 * @throws {MockError} `invalid_option`, `invalid_campus`
 * @see spec/1.0/contract.md#inventory
 */
export function mockVendorCloud({
  url: givenUrl = "https://vendor.example",
  apiKey = "mock-api-key",
  signedTokens,
  seed = 1,
  devices = 24,
  campus,
  now = () => new Date(),
}: MockVendorCloudOptions = {}): MockVendorCloud {
  const url = requireUrl(givenUrl);
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new MockError("invalid_option", "Invalid apiKey: use visible ASCII characters without spaces.");
  if (signedTokens !== undefined) requireTokens(signedTokens);
  const random = createSeededRandom(seed);
  const inventory = new Inventory(readCampus(campus ?? seededCampus(random, devices)));
  const [log, events, endpoints] = [new EventLog(), new EventMaker(random), new RegisteredEndpoints(random)];
  const [pages, tokens, faults] = [
    new PageCutter(random, now),
    new SyncTokens(inventory, random),
    new FaultQueue(),
  ];

  const facts = () => ({
    url,
    signedTokens,
    deviceTypes: inventory.devices().map(({ type }) => type),
    eventTypes: log.types,
  });
  const supported: Route[] = [
    { method: "get", path: MANIFEST_PATH, open: true, answer: () => Response.json(describeCloud(facts())) },
    ...placeRoutes(inventory, pages),
    ...deviceRoutes(inventory, pages, tokens),
    ...eventRoutes(log, inventory, pages, () => describeEvents(facts())),
    ...endpointRoutes({ endpoints, inventory, events, now }),
  ];
  const routes: Route[] = [
    ...supported,
    ...refuseOtherMethods(supported),
    {
      method: "all",
      path: "/v1/*",
      answer() {
        throw new Refusal("not_found", "Unknown path. See api_base in the manifest.");
      },
    },
  ];
  const requireDevice = (deviceId: string): Device => {
    const device = inventory.device(deviceId);
    if (device !== undefined) return device;
    throw new MockError("unknown_device", `Unknown device ${deviceId}: cloud.devices lists all devices.`);
  };

  return {
    url,
    apiKey,
    handlers: routes.map((route) => handlerOf(route, { url, apiKey, signedTokens, now, faults })),
    orgs: inventory.orgs,
    sites: inventory.sites(),
    get devices() {
      return inventory.devices();
    },
    get endpoints() {
      return endpoints.seen(now());
    },
    setStatus(deviceId, status) {
      const [before, at] = [requireDevice(deviceId), now()];
      const device = readDevice(withStatus(before, status, at), inventory.sites(), "invalid_device");
      inventory.put(device);
      const event = events.statusChanged(device, before.status, at);
      log.add(event, at);
      return event;
    },
    addDevice(written) {
      const at = now();
      const device = readDevice(written, inventory.sites(), "invalid_device");
      if (inventory.device(device.device_id) !== undefined)
        throw new MockError("invalid_device", `The device ${device.device_id} already exists.`);
      inventory.put(device);
      const event = events.added(device, at);
      log.add(event, at);
      return event;
    },
    removeDevice(deviceId) {
      const at = now();
      const tombstone = inventory.remove(requireDevice(deviceId), at.toISOString());
      const event = events.removed(tombstone, at);
      log.add(event, at);
      return event;
    },
    publish: (written) => log.add(readEvent(written), now()),
    failNext: (failure) => faults.failNext(failure),
    delayNext: (delay) => faults.delayNext(delay),
    breakNext: (breakage) => faults.breakNext(breakage),
  };
}
