import { toPrintable } from "@convergint/internal/printable";
import { manifestSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { declares, readDeviceTypes, readPostedTypes } from "../evidence/manifest.ts";
import { listOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { CLIENT_VARIABLES, KEY_VARIABLES } from "../harness/credentials.ts";

const CAPABILITIES = [
  ["webhooks", "webhooks"],
  ["webhooks.endpoint_management", "webhook endpoint management"],
  ["backfill", "event backfill"],
  ["inventory.incremental_sync", "incremental sync"],
  ["sandbox", "sandbox control"],
] as const;

/** Describes what a manifest declares, as lines for a terminal. */
export function describeManifest(manifest: Exchange): readonly string[] {
  const declared = objectOf(manifest);
  const has = (path: string) => declares(declared, path);
  const schemes = listOf(declared, "authentication").map(({ scheme }) => String(scheme));
  const latency = memberOf(declared, "webhooks")?.["health_latency_seconds"];
  const deviceTypes = [...readDeviceTypes(manifest).keys()];
  const types = readPostedTypes(manifest);
  const parsed = manifestSchema.safeParse(declared);
  const [issue] = parsed.error?.issues ?? [];
  return toPrintable([
    `vendor           ${textOf(memberOf(declared, "vendor"), "name") ?? "not declared"}`,
    `contract         ${textOf(declared, "contract_version") ?? "not declared"}`,
    `API              ${textOf(declared, "api_base") ?? "not declared"}`,
    `authentication   ${schemes.join(", ") || "none declared"}`,
    ...CAPABILITIES.map(([path, name]) => `${has(path) ? "✓" : "–"} ${name}`),
    ...(typeof latency === "number" ? [`health latency   ${latency} s`] : []),
    `device types     ${deviceTypes.join(", ") || "none declared"}`,
    `webhook events   ${types.length === 0 ? "none" : `${types.length} types`}`,
    ...(issue ? [`The manifest is invalid (see MAN-001): /${issue.path.join("/")}: ${issue.message}`] : []),
  ]);
}

/** Lists the credential variables for the authentication schemes that a manifest declares. */
export function listCredentialVariables(manifest: Exchange): readonly string[] {
  const schemes = listOf(objectOf(manifest), "authentication").map(({ scheme }) => scheme);
  const isOnlyOauth = schemes.length > 0 && schemes.every((each) => each === "oauth2_client_credentials");
  return isOnlyOauth ? Object.values(CLIENT_VARIABLES) : [KEY_VARIABLES.apiKey];
}
