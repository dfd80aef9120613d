import type { Exchange } from "./exchange.ts";
import { isObject, type JsonObject, listOf, objectOf } from "./read.ts";

/**
 * Tells whether the manifest declares a capability.
 *
 * @param manifest the manifest as it came, valid or not
 * @param path such as `webhooks.endpoint_management`; a member that is absent, `null` or `false` is not declared
 */
export function declares(manifest: JsonObject | null, path: string): boolean {
  let value: unknown = manifest;
  for (const name of path.split(".")) value = isObject(value) ? value[name] : undefined;
  return value !== undefined && value !== null && value !== false;
}

/** The device types the manifest lists, each with where its status comes from. */
export function declaredDeviceTypes(manifest: Exchange): Map<string, readonly string[]> {
  return new Map(
    listOf(objectOf(manifest), "device_types").map(({ type, status_from }) => [
      String(type),
      Array.isArray(status_from) ? status_from.map(String) : [],
    ]),
  );
}
