/** Something of each device, by integration and id. */
export interface DeviceMap<Value> {
  readonly size: number;
  get(integrationId: string, deviceId: string): Value | undefined;
  set(integrationId: string, deviceId: string, value: Value): void;
  values(): Iterable<Value>;
  clear(): void;
}

/** A map in a map: to make one key of two texts costs more than to look up each. */
export function deviceMap<Value>(): DeviceMap<Value> {
  const byIntegration = new Map<string, Map<string, Value>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get: (integrationId, deviceId) => byIntegration.get(integrationId)?.get(deviceId),
    set(integrationId, deviceId, value) {
      const ofIntegration = byIntegration.get(integrationId) ?? new Map<string, Value>();
      byIntegration.set(integrationId, ofIntegration);
      const before = ofIntegration.size;
      ofIntegration.set(deviceId, value);
      size += ofIntegration.size - before;
    },
    *values() {
      for (const ofIntegration of byIntegration.values()) yield* ofIntegration.values();
    },
    clear() {
      byIntegration.clear();
      size = 0;
    },
  };
}
