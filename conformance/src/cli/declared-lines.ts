import { manifestSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { declaredDeviceTypes, declares, deliveredTypes } from "../evidence/manifest.ts";
import { listOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { CLIENT_VARIABLES, KEY_VARIABLES } from "../harness/credentials.ts";
import { toPrintable } from "../report/printable.ts";

const CAPABILITIES = [
  ["webhooks", "webhooks"],
  ["webhooks.endpoint_management", "webhook endpoints by API"],
  ["backfill", "backfill of events"],
  ["inventory.incremental_sync", "incremental sync"],
  ["sandbox", "sandbox control"],
] as const;

/** What a vendor declares, as lines for people: nothing that it wrote moves the terminal's cursor. */
export function declaredLines(manifest: Exchange): readonly string[] {
  const declared = objectOf(manifest);
  const has = (path: string) => declares(declared, path);
  const schemes = listOf(declared, "authentication").map(({ scheme }) => String(scheme));
  const latency = memberOf(declared, "webhooks")?.["health_latency_seconds"];
  const deviceTypes = [...declaredDeviceTypes(manifest).keys()];
  const types = deliveredTypes(manifest);
  const parsed = manifestSchema.safeParse(declared);
  const [issue] = parsed.error?.issues ?? [];
  return toPrintable([
    `vendor           ${textOf(memberOf(declared, "vendor"), "name") ?? "not said"}`,
    `contract         ${textOf(declared, "contract_version") ?? "not said"}`,
    `API              ${textOf(declared, "api_base") ?? "not said"}`,
    `authentication   ${schemes.join(", ") || "none said"}`,
    ...CAPABILITIES.map(([path, name]) => `${has(path) ? "✓" : "–"} ${name}`),
    ...(typeof latency === "number" ? [`health           posted within ${latency} s`] : []),
    `device types     ${deviceTypes.join(", ") || "none said"}`,
    `events posted    ${types.length === 0 ? "none" : `${types.length} types`}`,
    ...(issue
      ? [`The manifest is not all that it should be, see MAN-001: /${issue.path.join("/")}: ${issue.message}`]
      : []),
  ]);
}

/** The variables that the credentials of a vendor come by, by the schemes that it declares. */
export function variablesFor(manifest: Exchange): readonly string[] {
  const schemes = listOf(objectOf(manifest), "authentication").map(({ scheme }) => scheme);
  const isClientAlone = schemes.length > 0 && schemes.every((each) => each === "oauth2_client_credentials");
  return isClientAlone ? Object.values(CLIENT_VARIABLES) : [KEY_VARIABLES.apiKey];
}
