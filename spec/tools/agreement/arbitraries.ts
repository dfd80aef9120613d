import { EVENT_TYPES } from "@convergint/schemas";
import fc from "fast-check";

type Members = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/**
 * Generates objects with all required members, some optional members (possibly null), and sometimes unknown
 * members.
 */
const object = (required: Members, optional: Members = {}): fc.Arbitrary<object> => {
  const nullable = Object.fromEntries(
    Object.entries(optional).map(([name, value]) => [name, fc.option(value, { freq: 4 })]),
  );
  const own = fc.dictionary(fc.constantFrom("x_vendor", "tier", "links"), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 1,
  });
  return fc
    .tuple(own, fc.record(nullable, { requiredKeys: [] }), fc.record(required))
    .map(([extra, some, all]) => ({ ...extra, ...some, ...all }));
};

const id = fc.oneof(fc.uuid(), fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }));
const words = (...known: string[]) =>
  fc.oneof(fc.constantFrom(...known), fc.stringMatching(/^[a-z_]{1,20}$/));
const short = fc.string({ unit: "grapheme", maxLength: 20 });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const moment = fc
  .tuple(
    fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    fc.stringMatching(/^(?:\.\d{1,9})?$/),
    fc.constantFrom("Z", "+00:00", "-00:00"),
  )
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);
const day = moment.map((text) => text.slice(0, 10));
const url = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ["http", "https"] });
const status = fc.constantFrom("online", "degraded", "offline", "unknown");
const few = (item: fc.Arbitrary<unknown>) => fc.array(item, { maxLength: 2 });
const some = (item: fc.Arbitrary<unknown>) => fc.array(item, { minLength: 1, maxLength: 2 });
const whole = fc.nat(1_000_000);
const attributes = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 1 }), {
  maxKeys: 2,
});

const place = { org_id: id, site_id: id };
const address = object(
  {},
  {
    street: short,
    city: short,
    region: short,
    postal_code: short,
    country: fc.constantFrom("US", "us", "UK", "De"),
  },
);
const coordinates = object({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});
const timezone = fc.constantFrom("America/Chicago", "UTC", "Etc/GMT+6", "America/Argentina/Buenos_Aires");
const deviceSite = object({}, { name: short, address, coordinates, timezone });
const site = object({ ...place, name }, { address, coordinates, timezone, updated_at: moment, attributes });
const org = object({ org_id: id, name }, { updated_at: moment });

const statusFields = {
  status_reason: short,
  vendor_status: short,
  status_observed_at: moment,
  status_changed_at: moment,
  last_seen_at: moment,
  admin_state: fc.constantFrom("enabled", "disabled"),
};
const deviceFields = {
  subtype: short,
  vendor_type: short,
  status,
  ...statusFields,
  mac_addresses: few(fc.oneof(fc.constantFrom("00-11-22-AA-BB-CC", "0:1:2:a:b:c", "n/a"), short)),
  ip_addresses: few(fc.oneof(fc.ipV4Extended(), fc.ipV6(), short)),
  hostname: short,
  manufacturer: short,
  model: short,
  firmware_version: short,
  serial_number: short,
  system_id: id,
  system_name: short,
  parent_device_id: id,
  zone: short,
  site: deviceSite,
  warranty_expires_on: day,
  end_of_support_on: day,
  updated_at: moment,
  attributes,
};
const identity = { device_id: id, ...place, name, type: words("camera", "door", "sensor") };
const present = object(identity, { ...deviceFields, lifecycle: fc.constantFrom("provisioning", "active") });
const removed = { lifecycle: fc.constant("removed"), removed_at: moment };
const device = fc.oneof({ weight: 4, arbitrary: present }, object({ ...identity, ...removed }, deviceFields));
const tombstone = object({ device_id: id, ...place, ...removed }, { name: short });
const change = fc.oneof(present, tombstone, object({ ...identity, ...removed }, deviceFields));

const about = { ...place, device_id: id };
const health = { ...about, status };
const alarm = { ...place, alarm_id: id, alarm_type: words("intrusion", "fire") };
const trouble = { ...place, trouble_id: id, trouble_type: words("battery_low", "storage") };
const raised = {
  severity: words("critical", "low"),
  device_id: id,
  description: short,
  vendor_type: short,
};
const person = object({ person_id: id }, { name: short });
const credential = object({ credential_id: id }, { kind: words("card", "pin"), label: short });
const access = { reader_device_id: id, person, credential, direction: words("entry", "exit") };
const video = { recorder_device_id: id, stream_id: id };
const storage = {
  volume_id: id,
  reason: short,
  used_percent: fc.double({ min: 0, max: 100, noNaN: true }),
};
const connector = { device_id: id, affected_site_ids: few(id), reason: short };

/**
 * Generates `data` by event type, written from the prose. A type that is not in this table uses the sample of
 * its family.
 */
const dataOf: Readonly<Record<string, fc.Arbitrary<object>>> = {
  "com.convergint.device.status_changed.v1": object(health, { ...statusFields, previous_status: status }),
  "com.convergint.device.heartbeat.v1": object({ ...health, last_seen_at: moment }, statusFields),
  "com.convergint.device.added.v1": device,
  "com.convergint.device.updated.v1": object(identity, {
    ...deviceFields,
    previous_site_id: id,
    changed_fields: few(name),
  }),
  "com.convergint.device.removed.v1": tombstone,
  "com.convergint.alarm.raised.v1": object(alarm, { ...raised, zone: short }),
  "com.convergint.alarm.cleared.v1": object(alarm, { ...raised, zone: short, raised_event_id: fc.uuid() }),
  "com.convergint.trouble.raised.v1": object(trouble, raised),
  "com.convergint.trouble.cleared.v1": object(trouble, raised),
  "com.convergint.access.granted.v1": object(about, access),
  "com.convergint.access.denied.v1": object(
    { ...about, reason: words("lockdown") },
    { ...access, vendor_reason: short },
  ),
  "com.convergint.door.forced_open.v1": object(about),
  "com.convergint.door.held_open.v1": object(about, {
    held_for_seconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
  }),
  "com.convergint.door.secured.v1": object(about, { previous_state: words("held_open") }),
  "com.convergint.video.stream_lost.v1": object(about, { ...video, reason: short }),
  "com.convergint.video.stream_restored.v1": object(about, video),
  "com.convergint.video.recording_failed.v1": object(about, { ...video, reason: short }),
  "com.convergint.video.recording_restored.v1": object(about, video),
  "com.convergint.storage.degraded.v1": object(about, storage),
  "com.convergint.storage.failed.v1": object(about, storage),
  "com.convergint.storage.restored.v1": object(about, storage),
  "com.convergint.connector.disconnected.v1": object({ ...place, connector_id: id }, connector),
  "com.convergint.connector.reconnected.v1": object({ ...place, connector_id: id }, connector),
  "com.convergint.webhook.ping.v1": object(place, { endpoint_id: id }),
};

const eventOf = (type: fc.Arbitrary<string>, data: fc.Arbitrary<object>) =>
  object(
    {
      specversion: fc.constant("1.0"),
      id: fc.stringMatching(/^[\x21-\x2d\x2f-\x7e]{1,40}$/),
      source: name,
      type,
      time: moment,
      data,
    },
    { subject: name, datacontenttype: short, dataschema: url, sequence: short },
  );
const event = eventOf(
  fc.stringMatching(/^[a-z0-9-]{1,6}(?:\.[a-z0-9_-]{1,6}){1,3}\.v\d{1,2}$/),
  object(place, { device_id: id }),
);

const page = (item: fc.Arbitrary<unknown>) =>
  object(
    {
      data: few(item),
      next_cursor: fc.option(name),
      snapshot: object({ id: name, as_of: moment }, { total_count: whole }),
    },
    { sync_token: name },
  );

const eventType = name;
const delivery = fc.subarray(["webhook", "backfill"], { minLength: 1 });
const catalogueEntry = object(
  {
    type: eventType,
    family: words("health"),
    version: fc.constant("1"),
    description: name,
    device_types: few(words("camera")),
    delivery,
  },
  { schema: url },
);
const manifest = object(
  {
    contract_version: fc.constantFrom("1.0", "1.12"),
    vendor: object(
      { id: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,12}$/), name },
      { support_url: url, documentation_url: url },
    ),
    api_base: url,
    authentication: some(
      fc.oneof(
        object({ scheme: words("bearer") }, { scopes: few(name) }),
        object(
          { scheme: fc.constant("oauth2_client_credentials"), token_url: url },
          { scopes: few(name), token_endpoint_auth_methods: some(words("private_key_jwt")) },
        ),
        object(
          {
            scheme: fc.constant("signed_jwt"),
            algorithms: few(fc.constantFrom("ES256", "EdDSA")).map((others) => ["RS256", ...others]),
            issuer: name,
          },
          { audience: name, max_lifetime_seconds: fc.integer({ min: 60, max: 3600 }) },
        ),
      ),
    ),
    inventory: object(
      {
        max_page_size: fc.integer({ min: 500, max: 100_000 }),
        incremental_sync: fc.boolean(),
        conditional_requests: fc.boolean(),
      },
      { tombstone_days: fc.integer({ min: 30, max: 400 }), system_filter: fc.boolean() },
    ),
    device_types: some(
      object({ type: words("camera"), status_from: fc.subarray(["inventory", "events"], { minLength: 1 }) }),
    ),
    event_types: few(object({ type: eventType, delivery })),
  },
  {
    backfill: object({ depth_hours: fc.integer({ min: 72, max: 1000 }) }),
    webhooks: object(
      {
        signature_schemes: some(fc.constantFrom("v1", "v1a")),
        batching: fc.boolean(),
        endpoint_management: fc.boolean(),
        retry_schedule_seconds: some(whole),
        health_latency_seconds: fc.double({ min: 0.001, max: 3600, noNaN: true }),
      },
      { public_keys: few(short.map((text) => `whpk_${text}`)) },
    ),
    egress_ip_ranges: some(fc.constantFrom("192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1/128")),
    sandbox: object({ control_url: url }, { commands: few(words("status")) }),
  },
);

const endpointRequest = { url };
const endpointMembers = { org_id: id, event_types: few(eventType) };
const registered = { ...endpointRequest, endpoint_id: id, created_at: moment };
const endpointState = {
  ...endpointMembers,
  state: fc.constantFrom("active", "stopped"),
  stopped_reason: short,
};
const secret = fc.base64String({ minLength: 24, maxLength: 40 }).map((text) => `whsec_${text}`);
const endpoint = object(registered, endpointState);

/** Returns the published name: `AlarmRaised` for `com.convergint.alarm.raised.v1`. */
const toPublishedName = (type: string) =>
  type
    .split(/[._]/)
    .slice(2, -1)
    .map((part) => `${part[0]?.toUpperCase()}${part.slice(1)}`)
    .join("");

const constants = (members: Readonly<Record<string, unknown>>): Members =>
  Object.fromEntries(Object.entries(members).map(([member, value]) => [member, fc.constant(value)]));

const events = EVENT_TYPES.map(
  ({ type, sample: { required, optional } }) =>
    [type, dataOf[type] ?? object({ ...place, ...constants(required) }, constants(optional))] as const,
).flatMap(([type, data]) => [
  [`${toPublishedName(type)}Event`, eventOf(fc.constant(type), data)] as const,
  [`${toPublishedName(type)}Data`, data] as const,
]);

/**
 * Generates payloads that are valid according to the contract's text, by the name of the published schema.
 */
export const PAYLOADS: ReadonlyMap<string, fc.Arbitrary<unknown>> = new Map<string, fc.Arbitrary<unknown>>([
  ...events.filter(([name]) => name !== "DeviceAddedData" && name !== "DeviceRemovedData"),
  ["AccessCredential", credential],
  ["AccessPerson", person],
  ["Address", address],
  [
    "BatchAnswer",
    object({
      accepted: whole,
      refused: few(object({ index: whole, code: name }, { id: short, detail: short })),
    }),
  ],
  ["Coordinates", coordinates],
  ["Device", device],
  ["DeviceChange", change],
  ["DeviceChangePage", page(change)],
  ["DevicePage", page(device)],
  ["DeviceSite", deviceSite],
  ["DeviceStatus", status],
  ["Event", event],
  ["EventBatch", some(event)],
  ["EventCatalog", object({ data: few(catalogueEntry) })],
  ["EventCatalogEntry", catalogueEntry],
  ["EventPage", page(event)],
  ["Manifest", manifest],
  ["Org", org],
  ["OrgPage", page(org)],
  ["PingAccepted", object({ event_id: fc.uuid() })],
  [
    "Problem",
    object(
      {
        title: name,
        status: fc.integer({ min: 400, max: 599 }),
        code: words("unknown_site").map((word) => `a${word}`),
      },
      {
        type: short,
        detail: short,
        instance: short,
        request_id: name,
        errors: few(object({ pointer: short, detail: name }, { requirement: fc.constant("INV-001") })),
      },
    ),
  ],
  ["RemovedDevice", tombstone],
  ["RotatedSecret", object({ secret, previous_expires_at: moment })],
  ["SandboxDeviceCommand", object({ site_id: id, type: words("camera"), name })],
  ["SandboxEventCommand", object({ type: eventType })],
  ["SandboxMoveCommand", object({ site_id: id })],
  ["SandboxStatusCommand", object({ status }, { status_reason: short })],
  ["Site", site],
  ["SitePage", page(site)],
  ["Snapshot", object({ id: name, as_of: moment }, { total_count: whole })],
  ["WebhookEndpoint", endpoint],
  ["WebhookEndpointCreated", object({ ...registered, secret }, endpointState)],
  ["WebhookEndpointList", object({ data: few(endpoint) })],
  ["WebhookEndpointRequest", object(endpointRequest, endpointMembers)],
]);
