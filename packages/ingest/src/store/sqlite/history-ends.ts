/** Where the histories of devices' statuses end: the position of the last change, by device. */
export interface HistoryEnds {
  /** @returns `null` where there is none yet */
  get(integrationId: string, deviceId: string): number | null;
  set(integrationId: string, deviceId: string, sequence: number | null): void;
}

/** @param stored looks one up that was not set */
export function historyEnds(stored: HistoryEnds["get"]): HistoryEnds {
  const known = new Map<string, number | null>();
  const keyOf = (integrationId: string, deviceId: string) => `${integrationId}\n${deviceId}`;
  return {
    get(integrationId, deviceId) {
      const end = known.get(keyOf(integrationId, deviceId));
      return end === undefined ? stored(integrationId, deviceId) : end;
    },
    set: (integrationId, deviceId, sequence) => known.set(keyOf(integrationId, deviceId), sequence),
  };
}
