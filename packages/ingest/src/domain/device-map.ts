/** A map keyed by integration and device id. */
export interface DeviceMap<Value> {
  readonly size: number;
  get(integrationId: string, deviceId: string): Value | undefined;
  set(integrationId: string, deviceId: string, value: Value): void;
  values(): Iterable<Value>;
  clear(): void;
}

/** Creates a map of maps, because building one key from two strings costs more than two look-ups. */
export function createDeviceMap<Value>(): DeviceMap<Value> {
  const byIntegration = new Map<string, Map<string, Value>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get: (integrationId, deviceId) => byIntegration.get(integrationId)?.get(deviceId),
    set(integrationId, deviceId, value) {
      const devices = byIntegration.get(integrationId) ?? new Map<string, Value>();
      byIntegration.set(integrationId, devices);
      const before = devices.size;
      devices.set(deviceId, value);
      size += devices.size - before;
    },
    *values() {
      for (const devices of byIntegration.values()) yield* devices.values();
    },
    clear() {
      byIntegration.clear();
      size = 0;
    },
  };
}
