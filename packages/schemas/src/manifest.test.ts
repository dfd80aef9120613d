import { describe, expect, test } from "vitest";
import { fieldErrors } from "./field-errors.ts";
import { manifestSchema } from "./manifest.ts";

const manifest = {
  contract_version: "1.0",
  vendor: { id: "example-campus", name: "Example Campus" },
  api_base: "https://api.campus.example",
  authentication: [{ scheme: "bearer" }],
  inventory: { max_page_size: 1000, incremental_sync: false, conditional_requests: false },
  device_types: [{ type: "camera", status_from: ["inventory"] }],
  event_types: [],
};
const OAUTH2 = "oauth2_client_credentials";
const SIGNED = { scheme: "signed_jwt", algorithms: ["RS256"], issuer: "convergint" };
const ALGORITHMS = "/authentication/0/algorithms";

describe("manifestSchema", () => {
  test("requires no more of a vendor without webhooks", () => {
    expect(manifestSchema.parse(manifest)).toEqual(manifest);
  });

  test("keeps unknown schemes, commands and members", () => {
    const unknown = {
      ...manifest,
      authentication: [{ scheme: "mutual_tls", ca: "…" }, { scheme: "bearer" }],
      sandbox: { control_url: "http://127.0.0.1:8080/sandbox", commands: ["status", "reboot"] },
      motto: "watchful",
    };
    expect(manifestSchema.parse(structuredClone(unknown))).toEqual(unknown);
  });

  test.each([
    ["OAuth 2 without a token URL", { authentication: [{ scheme: OAUTH2 }] }, "/authentication/0/token_url"],
    [
      "OAuth 2 with null for its token URL",
      { authentication: [{ scheme: OAUTH2, token_url: null }] },
      "/authentication/0/token_url",
    ],
    [
      "signed tokens without an issuer",
      { authentication: [{ ...SIGNED, issuer: null }] },
      "/authentication/0/issuer",
    ],
    ["signed tokens without algorithms", { authentication: [{ ...SIGNED, algorithms: null }] }, ALGORITHMS],
    ["signed tokens without RS256", { authentication: [{ ...SIGNED, algorithms: ["ES256"] }] }, ALGORITHMS],
    [
      "unsigned tokens",
      { authentication: [{ ...SIGNED, algorithms: ["RS256", "none"] }] },
      `${ALGORITHMS}/1`,
    ],
    [
      "tokens signed with a shared secret",
      { authentication: [{ ...SIGNED, algorithms: ["RS256", "HS256"] }] },
      `${ALGORITHMS}/1`,
    ],
    [
      "signed tokens that live for a day",
      { authentication: [{ ...SIGNED, max_lifetime_seconds: 86_400 }] },
      "/authentication/0/max_lifetime_seconds",
    ],
    ["no authentication", { authentication: [] }, "/authentication"],
    [
      "a page size that is too small",
      { inventory: { ...manifest.inventory, max_page_size: 499 } },
      "/inventory/max_page_size",
    ],
    [
      "tombstones kept for a week",
      { inventory: { ...manifest.inventory, tombstone_days: 7 } },
      "/inventory/tombstone_days",
    ],
    ["an empty list of ranges", { egress_ip_ranges: [] }, "/egress_ip_ranges"],
    ["a host name instead of a range", { egress_ip_ranges: ["hooks.campus.example"] }, "/egress_ip_ranges/0"],
    ["a backfill depth of one day", { backfill: { depth_hours: 24 } }, "/backfill/depth_hours"],
    ["an API base that is not a URL", { api_base: "api.campus.example" }, "/api_base"],
    [
      "a support page that is not a URL",
      { vendor: { ...manifest.vendor, support_url: "x" } },
      "/vendor/support_url",
    ],
  ])("rejects %s", (_, change, pointer) => {
    const { error } = manifestSchema.safeParse({ ...manifest, ...change });
    expect(error ? fieldErrors(error).map((each) => each.pointer) : []).toEqual([pointer]);
  });
});
