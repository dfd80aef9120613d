import { invalid, type PayloadCase, type PayloadCases, valid, without } from "./payload-case.ts";
import { DEVICE, event, TOMBSTONE } from "./samples.ts";

/** What `data` must have, beside what every event's has, and may have. */
interface Family {
  readonly type: string;
  readonly required: object;
  readonly optional?: object;
  /** Members of `data` that are not as they must be; `undefined` is one that is missing. */
  readonly wrong: readonly (readonly [
    member: string,
    value: unknown,
    requirement: string,
    reason: string,
    /** Where in the member, as the rest of a pointer. */
    inside?: string,
  ])[];
}

const NOT_KNOWN = { "a member that nobody knows": { at: [1, 2] } };
const DOOR = { device_id: "door_1" };
const CAMERA = { device_id: "cam_1" };
const RECORDER = { device_id: "nvr_1" };
const noDevice = ["device_id", undefined, "EVT-003", "The event is about a device."] as const;

const ALARM = { alarm_id: "alarm_88213", alarm_type: "intrusion" };
const ALARM_DETAILS = {
  severity: "high",
  device_id: "panel_1",
  zone: "Zone 4, laboratory",
  description: "Motion while armed",
  vendor_type: "BURG-ALM-04",
};
const TROUBLE = { trouble_id: "trouble_1207", trouble_type: "battery_low" };
const TROUBLE_DETAILS = {
  severity: "low",
  device_id: "panel_1",
  description: "Replace",
  vendor_type: "BATT",
};
const ACCESS_DETAILS = {
  reader_device_id: "reader_1",
  person: { person_id: "per_20931", name: "A. Example", department: "Physics" },
  credential: { credential_id: "cred_5581", kind: "card", label: "Blue card" },
  direction: "entry",
};
const VIDEO_DETAILS = { recorder_device_id: "nvr_1", stream_id: "main" };
const STORAGE_DETAILS = { volume_id: "vol_2", reason: "disk_failed", used_percent: 97.5 };
const CONNECTOR = { connector_id: "bridge-2" };
const CONNECTOR_DETAILS = {
  device_id: "gw_1",
  affected_site_ids: ["site_1", "site_2"],
  reason: "internet_down",
};
const HEALTH_DETAILS = {
  status_reason: "power_loss",
  vendor_status: "red",
  status_observed_at: "2026-11-23T08:31:07.120Z",
  status_changed_at: "2026-11-23T08:31:07Z",
  last_seen_at: "2026-11-23T08:30:00Z",
  admin_state: "enabled",
};

const noAlarm = ["alarm_id", undefined, "EVT-015", "Raising and clearing are matched by it."] as const;
const noTrouble = ["trouble_id", undefined, "EVT-016", "Raising and clearing are matched by it."] as const;
const noConnector = ["connector_id", undefined, "EVT-022", "It says which connector it is."] as const;

const FAMILIES: readonly Family[] = [
  {
    type: "device.status_changed",
    required: { ...CAMERA, status: "offline" },
    optional: { ...HEALTH_DETAILS, previous_status: "online" },
    wrong: [
      noDevice,
      ["status", undefined, "EVT-004", "The event says the status that the device took."],
      ["status", null, "EVT-004", "null means absent, and the status is what the event says."],
      ["status", "Offline", "EVT-004", "Statuses are closed and written in lower case."],
      [
        "previous_status",
        "alerting",
        "EVT-002",
        "Statuses are closed; the vendor's word belongs in vendor_status.",
      ],
      ["last_seen_at", 1764000000, "EVT-002", "Times are RFC 3339."],
    ],
  },
  {
    type: "device.heartbeat",
    required: { ...CAMERA, status: "online", last_seen_at: "2026-11-23T08:31:07Z" },
    optional: { ...HEALTH_DETAILS },
    wrong: [
      noDevice,
      ["last_seen_at", undefined, "EVT-002", "A heartbeat says when the device was heard from."],
      ["status", undefined, "EVT-002", "Each event says the whole resulting status."],
    ],
  },
  {
    type: "device.added",
    required: DEVICE,
    optional: { status: "unknown", status_reason: "not_installed", lifecycle: "provisioning" },
    wrong: [
      ["name", undefined, "INV-001", "The event carries the whole device."],
      ["type", undefined, "INV-001", "The event carries the whole device."],
      ["status", "new", "INV-001", "There are four statuses."],
    ],
  },
  {
    type: "device.updated",
    required: DEVICE,
    optional: { status: "online", previous_site_id: "site_0", changed_fields: ["site_id"] },
    wrong: [
      ["type", undefined, "INV-001", "The event carries the whole device, not what changed alone."],
      ["changed_fields", "site_id", "INV-001", "changed_fields is a list, if only of one."],
      ["previous_site_id", 7, "INV-001", "Ids are texts."],
    ],
  },
  {
    type: "device.removed",
    required: TOMBSTONE,
    optional: { name: "North entrance, left", type: "camera" },
    wrong: [
      ["removed_at", undefined, "SYNC-003", "A tombstone says when the device was removed."],
      ["lifecycle", "active", "SYNC-003", "A tombstone's lifecycle is removed."],
    ],
  },
  {
    type: "alarm.raised",
    required: ALARM,
    optional: ALARM_DETAILS,
    wrong: [noAlarm, ["alarm_type", undefined, "EVT-002", "It says what people are called for."]],
  },
  {
    type: "alarm.cleared",
    required: ALARM,
    optional: { ...ALARM_DETAILS, raised_event_id: "evt_1" },
    wrong: [noAlarm, ["raised_event_id", "evt.1", "EVT-006", "An event's id has no dot."]],
  },
  {
    type: "trouble.raised",
    required: TROUBLE,
    optional: TROUBLE_DETAILS,
    wrong: [noTrouble, ["trouble_type", "", "EVT-002", "It says what is wrong; other where no word fits."]],
  },
  { type: "trouble.cleared", required: TROUBLE, optional: TROUBLE_DETAILS, wrong: [noTrouble] },
  {
    type: "access.granted",
    required: DOOR,
    optional: ACCESS_DETAILS,
    wrong: [
      noDevice,
      [
        "person",
        { name: "A. Example" },
        "EVT-018",
        "People are named by the vendor's opaque id.",
        "/person_id",
      ],
      ["person", "A. Example", "EVT-018", "A person is an object with an opaque id, never a name alone."],
    ],
  },
  {
    type: "access.denied",
    required: { ...DOOR, reason: "outside_schedule" },
    optional: { ...ACCESS_DETAILS, vendor_reason: "APB violation" },
    wrong: [
      ["reason", undefined, "EVT-017", "An access that is denied says why; other where no word fits."],
      [
        "credential",
        { kind: "card" },
        "EVT-018",
        "A credential is named by the vendor's opaque id.",
        "/credential_id",
      ],
    ],
  },
  { type: "door.forced_open", required: DOOR, wrong: [noDevice] },
  {
    type: "door.held_open",
    required: DOOR,
    optional: { held_for_seconds: 60.5 },
    wrong: [noDevice, ["held_for_seconds", "60", "EVT-002", "Seconds are a number."]],
  },
  {
    type: "door.secured",
    required: DOOR,
    optional: { previous_state: "forced_open" },
    wrong: [noDevice, ["previous_state", true, "EVT-002", "The state is a word."]],
  },
  {
    type: "video.stream_lost",
    required: CAMERA,
    optional: { ...VIDEO_DETAILS, reason: "timeout" },
    wrong: [noDevice, ["reason", 504, "EVT-002", "The reason is a word."]],
  },
  { type: "video.stream_restored", required: CAMERA, optional: VIDEO_DETAILS, wrong: [noDevice] },
  {
    type: "video.recording_failed",
    required: CAMERA,
    optional: { ...VIDEO_DETAILS, reason: "disk_full" },
    wrong: [noDevice, ["recorder_device_id", "", "EVT-002", "An id has 1 to 256 characters."]],
  },
  { type: "video.recording_restored", required: CAMERA, optional: VIDEO_DETAILS, wrong: [noDevice] },
  {
    type: "storage.degraded",
    required: RECORDER,
    optional: STORAGE_DETAILS,
    wrong: [noDevice, ["used_percent", 101, "EVT-002", "Percents go from 0 to 100."]],
  },
  {
    type: "storage.failed",
    required: RECORDER,
    optional: STORAGE_DETAILS,
    wrong: [noDevice, ["used_percent", "97 %", "EVT-002", "Percents are a number."]],
  },
  { type: "storage.restored", required: RECORDER, optional: STORAGE_DETAILS, wrong: [noDevice] },
  {
    type: "connector.disconnected",
    required: CONNECTOR,
    optional: CONNECTOR_DETAILS,
    wrong: [
      noConnector,
      ["affected_site_ids", "site_1", "EVT-002", "affected_site_ids is a list, if only of one."],
    ],
  },
  { type: "connector.reconnected", required: CONNECTOR, optional: CONNECTOR_DETAILS, wrong: [noConnector] },
  {
    type: "webhook.ping",
    required: {},
    optional: { endpoint_id: "we_3k9d" },
    wrong: [["site_id", undefined, "EVT-003", "Every event names a site; a ping, any site of the org."]],
  },
];

/** `device.status_changed` is published as DeviceStatusChangedEvent. */
const schemaOf = (type: string): string =>
  `${type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;

function casesOf({ type, required, optional = {}, wrong }: Family): readonly PayloadCase[] {
  const nothing = Object.fromEntries(
    Object.keys(optional)
      .filter((member) => !(member in required))
      .map((member) => [member, null]),
  );
  const least = event(type, required);
  const cameWith = Object.keys(required).join(", ") || "nothing of its own";
  return [
    valid(`with ${cameWith}, and no more`, least),
    valid(
      "with all that it may have, and a member that nobody knows",
      event(type, { ...optional, ...required, ...NOT_KNOWN }),
    ),
    ...(Object.keys(nothing).length > 0
      ? [valid("with null for what is optional", event(type, { ...required, ...nothing }))]
      : []),
    ...wrong.map(([member, value, requirement, reason, inside = ""]) =>
      value === undefined
        ? invalid(
            `without ${member}`,
            { ...least, data: without(least.data, member as keyof typeof least.data) },
            [`/data/${member}`, requirement, reason],
          )
        : invalid(`${member}: ${JSON.stringify(value)}`, event(type, { ...required, [member]: value }), [
            `/data/${member}${inside}`,
            requirement,
            reason,
          ]),
    ),
    invalid("the type of another event", { ...least, type: "com.convergint.device.rebooted.v1" }, [
      "/type",
      "EVT-002",
      `This is the schema of com.convergint.${type}.v1.`,
    ]),
  ];
}

/** The types of events that the contract defines, each valid and invalid. */
export const EVENT_FAMILY_PAYLOADS: PayloadCases = Object.fromEntries(
  FAMILIES.map((family) => [schemaOf(family.type), casesOf(family)]),
);
