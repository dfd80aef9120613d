import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

describe("MAN-007", () => {
  test.each([
    ["https://api.vendor.example", "pass"],
    ["http://127.0.0.1:8080", "pass"],
    ["http://[::1]:8080", "pass"],
    ["http://localhost:8080", "pass"],
    ["http://api.vendor.example", "fail"],
    ["http://127.0.0.1.vendor.example", "fail"],
    ["http://127.vendor.example", "fail"],
    ["http://10.0.0.7", "fail"],
    ["HTTP://API.VENDOR.EXAMPLE", "fail"],
    ["ftp://api.vendor.example", "fail"],
    ["https://user@api.vendor.example", "fail"],
    ["https://:secret@api.vendor.example", "fail"],
  ])("%s: %s", async (url, outcome) => {
    const manifest = { api_base: "https://api.vendor.example", webhooks: [{ of: { "our/own": url } }] };
    const from = { url: "http://127.0.0.1:8080/.well-known/vendor-cloud" };
    expect(await outcomeOf("MAN-007", { discovery: { manifest: exchange(manifest, from) } })).toBe(outcome);
  });

  test.each<[string, object, string]>([
    ["a loopback URL from a public host", { api_base: "http://127.0.0.1:8080" }, "fail"],
    [
      "the name of a schema",
      { api_base: "https://api.vendor.example", $schema: "http://json-schema.org/draft-07/schema#" },
      "pass",
    ],
  ])("%s: %s", async (_, manifest, outcome) => {
    expect(await outcomeOf("MAN-007", { discovery: { manifest: exchange(manifest) } })).toBe(outcome);
  });

  test("the report does not repeat the password of a URL", async () => {
    const manifest = exchange({ api_base: "https://help:desk-password@api.vendor.example" });
    const finding = await judge("MAN-007", { discovery: { manifest } });
    expect(JSON.stringify(finding)).not.toContain("desk-password");
  });
});
