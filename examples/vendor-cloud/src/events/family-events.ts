import { randomUUID } from "node:crypto";
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
import type { CampusDevice } from "../estate/initial-status.ts";
import type { CampusDeviceType } from "../estate/products.ts";

/** What a device tells beside its status. */
interface FamilyEvent {
  readonly deviceTypes: readonly CampusDeviceType[];
  readonly description: string;
}

const ALARM = ["alarm_panel", "sensor"] as const;
const TROUBLE = ["alarm_panel", "access_controller", "sensor"] as const;
/** What other devices hang on, and the cloud hears of them by. */
export const CONNECTORS: readonly CampusDeviceType[] = ["recorder", "access_controller", "alarm_panel"];

/** Every event of the optional families that this cloud publishes. @see spec/1.0/contract.md#event-families */
export const FAMILY_EVENTS = {
  [ALARM_RAISED]: { deviceTypes: ALARM, description: "An alarm was raised." },
  [ALARM_CLEARED]: { deviceTypes: ALARM, description: "An alarm was cleared." },
  [TROUBLE_RAISED]: { deviceTypes: TROUBLE, description: "The equipment has a fault." },
  [TROUBLE_CLEARED]: { deviceTypes: TROUBLE, description: "A fault is over." },
  [ACCESS_GRANTED]: { deviceTypes: ["door"], description: "Somebody was let in." },
  [ACCESS_DENIED]: { deviceTypes: ["door"], description: "Somebody was not let in." },
  [DOOR_FORCED_OPEN]: { deviceTypes: ["door"], description: "A door was opened without leave." },
  [DOOR_HELD_OPEN]: { deviceTypes: ["door"], description: "A door stays open." },
  [DOOR_SECURED]: { deviceTypes: ["door"], description: "A door is closed and locked again." },
  [VIDEO_STREAM_LOST]: { deviceTypes: ["camera"], description: "A stream no longer arrives." },
  [VIDEO_STREAM_RESTORED]: { deviceTypes: ["camera"], description: "A stream arrives again." },
  [VIDEO_RECORDING_FAILED]: { deviceTypes: ["camera"], description: "A camera is no longer recorded." },
  [VIDEO_RECORDING_RESTORED]: { deviceTypes: ["camera"], description: "A camera is recorded again." },
  [STORAGE_DEGRADED]: { deviceTypes: ["recorder"], description: "A storage has a fault." },
  [STORAGE_FAILED]: { deviceTypes: ["recorder"], description: "A storage failed." },
  [STORAGE_RESTORED]: { deviceTypes: ["recorder"], description: "A storage works again." },
  [CONNECTOR_DISCONNECTED]: { deviceTypes: CONNECTORS, description: "What others hang on was lost." },
  [CONNECTOR_RECONNECTED]: { deviceTypes: CONNECTORS, description: "What others hang on is back." },
} as const satisfies Record<string, FamilyEvent>;

type Members = Readonly<Record<string, unknown>>;

/**
 * Makes up what the devices of this cloud would tell of themselves, and remembers what is still going on: what is cleared
 * is the alarm that was raised.
 */
export class FamilyEventData {
  /** The alarm or trouble that is going on, by device id and kind. */
  readonly #open = new Map<string, string>();

  /** @param given members that a test wants to see */
  describe(device: CampusDevice, type: string, given: Members): Members {
    return { ...this.#known(device, type, given), ...given };
  }

  #known(device: CampusDevice, type: string, given: Members): Members {
    switch (type) {
      case ALARM_RAISED:
        return { alarm_id: this.#begin(device, "alarm", given["alarm_id"]), alarm_type: "intrusion" };
      case ALARM_CLEARED:
        return { alarm_id: this.#end(device, "alarm"), alarm_type: "intrusion" };
      case TROUBLE_RAISED:
        return {
          trouble_id: this.#begin(device, "trouble", given["trouble_id"]),
          trouble_type: "battery_low",
        };
      case TROUBLE_CLEARED:
        return { trouble_id: this.#end(device, "trouble"), trouble_type: "battery_low" };
      case ACCESS_DENIED:
        return { reason: "no_permission" };
      case CONNECTOR_DISCONNECTED:
      case CONNECTOR_RECONNECTED:
        return { connector_id: device.device_id, affected_site_ids: [device.site_id] };
      default:
        return {};
    }
  }

  #begin({ device_id }: CampusDevice, kind: string, given: unknown): string {
    const id = typeof given === "string" ? given : `${kind}_${randomUUID()}`;
    this.#open.set(`${device_id} ${kind}`, id);
    return id;
  }

  /** What is cleared and was never raised here began before this cloud did. */
  #end({ device_id }: CampusDevice, kind: string): string {
    const key = `${device_id} ${kind}`;
    const id = this.#open.get(key) ?? `${kind}_${randomUUID()}`;
    this.#open.delete(key);
    return id;
  }
}
