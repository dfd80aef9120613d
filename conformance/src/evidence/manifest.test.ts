import { describe, expect, test } from "vitest";
import { requirements } from "../registry/requirements.ts";
import { declares } from "./manifest.ts";

const manifest = {
  authentication: [
    { scheme: "bearer" },
    {
      scheme: "oauth2_client_credentials",
      token_url: "https://a.example",
      token_endpoint_auth_methods: ["private_key_jwt"],
    },
  ],
  inventory: { incremental_sync: true, conditional_requests: false },
  backfill: { depth_hours: 72 },
  webhooks: { batching: false, endpoint_management: true },
  sandbox: null,
};

describe("declares", () => {
  test.each([
    ["backfill", true],
    ["webhooks", true],
    ["inventory.incremental_sync", true],
    ["webhooks.endpoint_management", true],
    ["authentication.oauth2_client_credentials", true],
    ["authentication.bearer", true],
    ["authentication.oauth2_client_credentials.token_endpoint_auth_methods.private_key_jwt", true],
    ["authentication.oauth2_client_credentials.token_endpoint_auth_methods.client_secret_basic", false],
    ["authentication.mutual_tls", false],
    ["authentication.length", false],
    ["inventory.conditional_requests", false],
    ["webhooks.batching", false],
    ["webhooks.constructor", false],
    ["sandbox", false],
    ["sandbox.commands", false],
    ["nothing.at.all", false],
  ])("%s: %s", (path, declared) => {
    expect(declares(manifest, path)).toBe(declared);
  });

  test("an unreadable or malformed manifest declares nothing", () => {
    expect(declares(null, "webhooks")).toBe(false);
    expect(
      declares({ authentication: "oauth2_client_credentials" }, "authentication.oauth2_client_credentials"),
    ).toBe(false);
  });

  test("every capability in the contract can be declared", () => {
    const everything = {
      ...manifest,
      authentication: [...manifest.authentication, { scheme: "signed_jwt" }],
      inventory: { incremental_sync: true, conditional_requests: true, system_filter: true },
      webhooks: { batching: true, endpoint_management: true },
      sandbox: { control_url: "https://a.example" },
    };
    const capabilities = [...new Set(requirements.flatMap(({ capability }) => capability ?? []))];
    expect(capabilities.length).toBeGreaterThan(4);
    expect(capabilities.filter((capability) => !declares(everything, capability))).toEqual([]);
  });
});
