import { EVENT_TYPES, type EventType, fieldErrors } from "@convergint/schemas";
import { event, invalid, type PayloadCase, type PayloadCases, valid, without } from "./samples.ts";

/** Invalid members of `data`, each with the requirement that it violates and the reason. */
type Faults = readonly (readonly [
  member: string,
  /** `undefined` for a missing member. */
  value: unknown,
  requirement: string,
  reason: string,
  /** The rest of the pointer, if the fault is inside the member. */
  inside?: string,
])[];

/** Optional members inside optional members. The samples omit them. Some of them are personal data. */
const DETAILS: Readonly<Record<string, object>> = {
  person: { person_id: "per_20931", name: "A. Example", department: "Physics" },
  credential: { credential_id: "cred_5581", kind: "card", label: "Blue card" },
};

const UNKNOWN_MEMBER = { "an unknown member": { at: [1, 2] } };
const noDevice = ["device_id", undefined, "EVT-003", "The event is about a device."] as const;
const noAlarm = [
  "alarm_id",
  undefined,
  "EVT-015",
  "alarm_id links the cleared event to the raised event.",
] as const;
const noTrouble = [
  "trouble_id",
  undefined,
  "EVT-016",
  "trouble_id links the cleared event to the raised event.",
] as const;
const noConnector = ["connector_id", undefined, "EVT-022", "connector_id identifies the connector."] as const;

/**
 * Faults other than missing required members, and specific reasons for some missing members, by event type.
 */
const FAULTS: Readonly<Record<string, Faults>> = {
  "device.status_changed": [
    noDevice,
    ["status", undefined, "EVT-004", "The event carries the device's new status."],
    ["status", null, "EVT-004", "null means absent, but the event must carry the status."],
    ["status", "Offline", "EVT-004", "Statuses are a closed vocabulary in lower case."],
    [
      "previous_status",
      "alerting",
      "EVT-002",
      "Statuses are a closed vocabulary; the vendor's term belongs in vendor_status.",
    ],
    ["last_seen_at", 1764000000, "EVT-002", "Times are RFC 3339."],
  ],
  "device.heartbeat": [
    noDevice,
    ["last_seen_at", undefined, "EVT-002", "A heartbeat says when the cloud heard from the device."],
    ["status", undefined, "EVT-002", "Every event carries the complete resulting status."],
  ],
  "device.added": [
    ["name", undefined, "INV-001", "The event carries the whole device."],
    ["type", undefined, "INV-001", "The event carries the whole device."],
    ["status", "new", "INV-001", "There are four statuses."],
  ],
  "device.updated": [
    ["type", undefined, "INV-001", "The event carries the whole device, not only what changed."],
    ["changed_fields", "site_id", "INV-001", "changed_fields is a list, even with one member."],
    ["previous_site_id", 7, "INV-001", "Ids are strings."],
  ],
  "device.removed": [
    ["removed_at", undefined, "SYNC-003", "A tombstone says when the device was removed."],
    ["lifecycle", "active", "SYNC-003", "A tombstone's lifecycle is removed."],
  ],
  "alarm.raised": [
    noAlarm,
    ["alarm_type", undefined, "EVT-002", "alarm_type says what kind of alarm was raised."],
  ],
  "alarm.cleared": [noAlarm, ["raised_event_id", "evt.1", "EVT-006", "An event's id has no dot."]],
  "trouble.raised": [
    noTrouble,
    [
      "trouble_type",
      "",
      "EVT-002",
      "trouble_type says what kind of fault was found. Send other if no listed value fits.",
    ],
  ],
  "trouble.cleared": [noTrouble],
  "access.granted": [
    noDevice,
    [
      "person",
      { name: "A. Example" },
      "EVT-018",
      "People are identified by the vendor's opaque id.",
      "/person_id",
    ],
    ["person", "A. Example", "EVT-018", "A person is an object with an opaque id, never only a name."],
  ],
  "access.denied": [
    ["reason", undefined, "EVT-017", "A denied access has a reason. Send other if no listed value fits."],
    [
      "credential",
      { kind: "card" },
      "EVT-018",
      "A credential is identified by the vendor's opaque id.",
      "/credential_id",
    ],
  ],
  "door.forced_open": [noDevice],
  "door.held_open": [noDevice, ["held_for_seconds", "60", "EVT-002", "Seconds are a number."]],
  "door.secured": [noDevice, ["previous_state", true, "EVT-002", "The state is text."]],
  "video.stream_lost": [noDevice, ["reason", 504, "EVT-002", "The reason is text."]],
  "video.stream_restored": [noDevice],
  "video.recording_failed": [
    noDevice,
    ["recorder_device_id", "", "EVT-002", "An id has 1 to 256 characters."],
  ],
  "video.recording_restored": [noDevice],
  "storage.degraded": [noDevice, ["used_percent", 101, "EVT-002", "Percentages are from 0 to 100."]],
  "storage.failed": [noDevice, ["used_percent", "97 %", "EVT-002", "Percentages are numbers."]],
  "storage.restored": [noDevice],
  "connector.disconnected": [
    noConnector,
    ["affected_site_ids", "site_1", "EVT-002", "affected_site_ids is a list, even with one member."],
  ],
  "connector.reconnected": [noConnector],
  "webhook.ping": [
    ["site_id", undefined, "EVT-003", "Every event names a site. A ping may name any site of the org."],
  ],
};

/** Returns the faults of a type: those in FAULTS, and the absence of each other required member. */
function faultsOf({ schema, sample }: EventType, name: string): Faults {
  const faults = FAULTS[name] ?? [];
  const missing = Object.keys(sample.required).filter(
    (member) => !faults.some(([other, value]) => other === member && value === undefined),
  );
  return [
    ...faults,
    ...missing.map((member) => {
      const { error } = schema.safeParse(event(name, without(sample.required, member)));
      const requirement = error && fieldErrors(error, schema)[0]?.requirement;
      return [member, undefined, requirement ?? "EVT-002", `${member} is required.`] as const;
    }),
  ];
}

/** Returns the name of a type's schema: `DeviceStatusChangedEvent` for `device.status_changed`. */
const schemaOf = (type: string): string =>
  `${type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;

/** Returns the short name of a type: `alarm.raised` for `com.convergint.alarm.raised.v1`. */
const nameOf = (type: string): string => type.split(".").slice(2, -1).join(".");

const withDetails = (members: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(members).map(([member, value]) => [member, DETAILS[member] ?? value]));

function casesOf(described: EventType): readonly PayloadCase[] {
  const { required, optional } = described.sample;
  const name = nameOf(described.type);
  const nulls = Object.fromEntries(
    Object.keys(optional)
      .filter((member) => !(member in required))
      .map((member) => [member, null]),
  );
  const smallest = event(name, { ...required });
  const members = Object.keys(required).join(", ") || "no member of its type";
  return [
    valid(`with ${members}, and no more`, smallest),
    valid(
      "with all optional members and an unknown one",
      event(name, { ...withDetails(optional), ...required, ...UNKNOWN_MEMBER }),
    ),
    ...(Object.keys(nulls).length > 0
      ? [valid("with null for every optional member", event(name, { ...required, ...nulls }))]
      : []),
    ...faultsOf(described, name).map(([member, value, requirement, reason, inside = ""]) =>
      value === undefined
        ? invalid(
            `without ${member}`,
            { ...smallest, data: without(smallest.data, member as keyof typeof smallest.data) },
            [`/data/${member}`, requirement, reason],
          )
        : invalid(`${member}: ${JSON.stringify(value)}`, event(name, { ...required, [member]: value }), [
            `/data/${member}${inside}`,
            requirement,
            reason,
          ]),
    ),
    invalid("the type of another event", { ...smallest, type: "com.convergint.device.rebooted.v1" }, [
      "/type",
      "EVT-002",
      `This is the schema of ${described.type}.`,
    ]),
  ];
}

/** Valid and invalid payloads of every event type of the contract. */
export const EVENT_FAMILY_PAYLOADS: PayloadCases = Object.fromEntries(
  EVENT_TYPES.map((described) => [schemaOf(nameOf(described.type)), casesOf(described)]),
);
