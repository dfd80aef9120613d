import type { DeviceState } from "../device/device-state.ts";
import type { KnownDevice } from "./device-store.ts";

/** A device as a sync compares with it. */
export const knownDevice = ({
  deviceId,
  facts,
  lifecycle,
  observation,
  heldSince,
}: DeviceState): KnownDevice => ({
  deviceId,
  recordHash: facts?.recordHash ?? null,
  lifecycle,
  observation,
  held: heldSince !== null,
});
