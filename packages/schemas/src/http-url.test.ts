import { describe, expect, test } from "vitest";
import { httpUrlSchema } from "./text.ts";

describe("httpUrlSchema", () => {
  test.each([
    "https://api.vendor.example",
    "HTTPS://API.vendor.example/",
    "http://127.0.0.1:8080/hooks?a=b&c=%20d#e",
    "http://[::1]:8080",
    "https://name:word@api.vendor.example/v1",
    "https://api.vendor.example?x=/?",
  ])("accepts %s", (url) => {
    expect(httpUrlSchema.parse(url)).toBe(url);
    expect(URL.canParse(url)).toBe(true);
  });

  test.each([
    "",
    "api.vendor.example",
    "/v1/devices",
    "//api.vendor.example",
    "ftp://api.vendor.example",
    "javascript:alert(1)",
    "https://",
    "https:///v1",
    "https://api.vendor.example /v1",
    "https://api.vendor.example/a b",
    "https://api.vendor.example/%2",
    "https://api.vendor.example/<v1>",
    "https://api.vendor.example:port",
    "https://api.vendor.example#a#b",
    "https://api.vendor.example\n",
    `https://api.vendor.example/${"x".repeat(2048)}`,
  ])("rejects %j", (url) => {
    expect(httpUrlSchema.safeParse(url).success).toBe(false);
  });
});
