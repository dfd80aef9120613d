import type { Exchange } from "./exchange.ts";
import { isObject, type JsonObject, listOf, memberOf, objectOf, textOf } from "./read.ts";

/**
 * Returns the member of a value with this name. In a list, returns the text that is this name, or the
 * authentication scheme with this name.
 */
function step(value: unknown, name: string): unknown {
  if (Array.isArray(value))
    return value.find((element) => (isObject(element) ? element["scheme"] : element) === name);
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/**
 * Tells whether the manifest declares a capability.
 *
 * @param manifest the manifest as received, valid or not
 * @param path such as `webhooks.endpoint_management`, or `authentication.oauth2_client_credentials` for a
 *   scheme in a list; it may end with a text in a list. A member that is absent, `null` or `false` is not declared
 */
export function declares(manifest: JsonObject | null, path: string): boolean {
  const value = path.split(".").reduce<unknown>(step, manifest);
  return value !== undefined && value !== null && value !== false;
}

/** What the manifest says about signed tokens. */
export interface TokenTerms {
  /** `null` if the manifest has none. */
  readonly issuer: string | null;
  /** The audience that tokens must name; `null` if they name none. */
  readonly audience: string | null;
  readonly algorithms: readonly string[];
  /** The longest time from `iat` to `exp`. */
  readonly maxLifetimeSeconds: number;
}

/** The longest lifetime of a token if the manifest has none. @see spec/1.0/contract.md#signed-tokens */
const DEFAULT_LIFETIME_SECONDS = 3600;

/** Reads what the manifest says about signed tokens; `null` if it does not declare them. */
export function readTokenTerms(manifest: JsonObject | null): TokenTerms | null {
  const declared = listOf(manifest, "authentication").find(({ scheme }) => scheme === "signed_jwt");
  if (declared === undefined) return null;
  const { algorithms, max_lifetime_seconds: lifetime } = declared;
  return {
    issuer: textOf(declared, "issuer"),
    audience: textOf(declared, "audience"),
    algorithms: Array.isArray(algorithms) ? algorithms.map(String) : [],
    maxLifetimeSeconds: typeof lifetime === "number" && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS,
  };
}

/** Returns the device types that the manifest lists, each with the sources of the status of its devices. */
export function readDeviceTypes(manifest: Exchange): Map<string, readonly string[]> {
  return new Map(
    listOf(objectOf(manifest), "device_types").map(({ type, status_from }) => [
      String(type),
      Array.isArray(status_from) ? status_from.map(String) : [],
    ]),
  );
}

/** Types that are connectors at every vendor. @see spec/1.0/contract.md#status */
const CONNECTOR_TYPES = ["video_gateway", "gateway"];

/** Returns the device types whose devices are connectors: other devices are reached only through them. */
export const readConnectorTypes = (manifest: Exchange): ReadonlySet<string> =>
  new Set([
    ...CONNECTOR_TYPES,
    ...listOf(objectOf(manifest), "device_types").flatMap(({ type, connector }) =>
      connector === true ? [String(type)] : [],
    ),
  ]);

/** Returns the sandbox commands that the manifest declares. @see spec/1.0/contract.md#sandbox-control */
export function readSandboxCommands(manifest: JsonObject | null): readonly string[] {
  const sandbox = memberOf(manifest, "sandbox");
  if (sandbox === null) return [];
  const commands = sandbox["commands"] ?? ["status", "events"];
  return Array.isArray(commands) ? commands.map(String) : [];
}

/** Returns the event types that are delivered by webhook according to the manifest. */
export const readPostedTypes = (manifest: Exchange): readonly string[] =>
  listOf(objectOf(manifest), "event_types").flatMap(({ type, delivery }) =>
    typeof type === "string" && Array.isArray(delivery) && delivery.includes("webhook") ? [type] : [],
  );

/** Returns the id that the vendor gives itself, or `null`. */
export const readVendorId = (manifest: Exchange): string | null =>
  textOf(memberOf(objectOf(manifest), "vendor"), "id");
