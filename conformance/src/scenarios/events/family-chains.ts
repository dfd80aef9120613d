import {
  ACCESS_DENIED,
  ACCESS_GRANTED,
  ALARM_CLEARED,
  ALARM_RAISED,
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  DOOR_FORCED_OPEN,
  DOOR_HELD_OPEN,
  DOOR_SECURED,
  STORAGE_DEGRADED,
  STORAGE_FAILED,
  STORAGE_RESTORED,
  TROUBLE_CLEARED,
  TROUBLE_RAISED,
  VIDEO_RECORDING_FAILED,
  VIDEO_RECORDING_RESTORED,
  VIDEO_STREAM_LOST,
  VIDEO_STREAM_RESTORED,
} from "@convergint/schemas";

/** An event that a device is to publish, with what it is to say. */
export interface FamilyStep {
  readonly type: string;
  /** What the vendor may take over; whatever it must have that the vendor cannot know is there. */
  readonly data: Readonly<Record<string, unknown>>;
}

const step = (type: string, data: FamilyStep["data"] = {}): FamilyStep => ({ type, data });

/** What happens at one device, one event after the other; each chain ends as it began, where events have an opposite. */
export const familyChains = (id: string): readonly (readonly FamilyStep[])[] => [
  [
    step(ALARM_RAISED, { alarm_id: `alarm-${id}`, alarm_type: "intrusion" }),
    step(ALARM_CLEARED, { alarm_id: `alarm-${id}`, alarm_type: "intrusion" }),
  ],
  [
    step(TROUBLE_RAISED, { trouble_id: `trouble-${id}`, trouble_type: "battery_low" }),
    step(TROUBLE_CLEARED, { trouble_id: `trouble-${id}`, trouble_type: "battery_low" }),
  ],
  [
    step(ACCESS_GRANTED, { credential: { credential_id: `credential-${id}`, kind: "card" } }),
    step(ACCESS_DENIED, { reason: "no_permission", person: { person_id: `person-${id}` } }),
  ],
  [step(DOOR_FORCED_OPEN), step(DOOR_SECURED)],
  [step(DOOR_HELD_OPEN, { held_for_seconds: 60 }), step(DOOR_SECURED)],
  [step(VIDEO_STREAM_LOST), step(VIDEO_STREAM_RESTORED)],
  [step(VIDEO_RECORDING_FAILED), step(VIDEO_RECORDING_RESTORED)],
  [step(STORAGE_DEGRADED), step(STORAGE_FAILED), step(STORAGE_RESTORED)],
];

/** A connector takes other devices along, so this is for when nothing else is going on. */
export const connectorChain = (id: string): readonly FamilyStep[] => [
  step(CONNECTOR_DISCONNECTED, { connector_id: `connector-${id}` }),
  step(CONNECTOR_RECONNECTED, { connector_id: `connector-${id}` }),
];
