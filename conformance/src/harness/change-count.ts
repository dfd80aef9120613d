import type { TriggerRecord } from "../evidence/trigger-record.ts";

/** The means by which a run changes devices. */
type Means = Exclude<TriggerRecord["kind"], "observed">;

/** Counts the status changes that a run made. */
export interface ChangeCount {
  /** Counts a change that was made. */
  readonly add: (kind: Means, deviceId: string) => void;
  /** Returns how devices changed so far; `undefined` if none changed. */
  readonly read: () => TriggerRecord | undefined;
}

/** Creates a count. @param means the means, if it is known before the first change */
export function createChangeCount(means?: Means): ChangeCount {
  const devices = new Set<string>();
  let [kind, changes] = [means, 0];
  return {
    add(by, deviceId) {
      kind = by;
      changes += 1;
      devices.add(deviceId);
    },
    read: () => kind && { kind, changes, devices: devices.size },
  };
}
