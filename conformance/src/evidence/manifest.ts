import type { Exchange } from "./exchange.ts";
import { isObject, type JsonObject, listOf, memberOf, objectOf } from "./read.ts";

/** What a name leads to: a member, or of a list of schemes the one of this name. */
function step(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.find((element) => isObject(element) && element["scheme"] === name);
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/**
 * Tells whether the manifest declares a capability.
 *
 * @param manifest the manifest as it came, valid or not
 * @param path such as `webhooks.endpoint_management`, or `authentication.oauth2_client_credentials` for the element of
 *   that scheme; a member that is absent, `null` or `false` is not declared
 */
export function declares(manifest: JsonObject | null, path: string): boolean {
  const value = path.split(".").reduce<unknown>(step, manifest);
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

/** The commands that the sandbox takes, by the manifest. @see spec/1.0/contract.md#sandbox-control */
export function sandboxCommands(manifest: JsonObject | null): readonly string[] {
  const sandbox = memberOf(manifest, "sandbox");
  if (sandbox === null) return [];
  const commands = sandbox["commands"] ?? ["status", "events"];
  return Array.isArray(commands) ? commands.map(String) : [];
}

/** The event types that the manifest says are posted. */
export const deliveredTypes = (manifest: Exchange): readonly string[] =>
  listOf(objectOf(manifest), "event_types").flatMap(({ type, delivery }) =>
    typeof type === "string" && Array.isArray(delivery) && delivery.includes("webhook") ? [type] : [],
  );
