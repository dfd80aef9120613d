import { describe, expect, it } from "vitest";
import { DeliveryError } from "../errors.ts";
import { checkDestination, type DestinationOptions } from "./destination.ts";

const verdict = (url: string, options: boolean | DestinationOptions): string => {
  try {
    checkDestination(url, typeof options === "boolean" ? { allowLoopback: options } : options);
    return "ok";
  } catch (error) {
    return error instanceof DeliveryError ? error.code : String(error);
  }
};

describe("checkDestination", () => {
  it.each([
    "https://hooks.example.com/in",
    "https://hooks.example.com:8443/in?tenant=1",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
  ])("accepts %s everywhere", (url) => {
    expect([verdict(url, true), verdict(url, false)]).toEqual(["ok", "ok"]);
  });

  it.each([
    "http://127.0.0.1:8080/in",
    "http://localhost:8080/in",
    "https://localhost/in",
    "https://localhost./in",
    "http://hooks.localhost/in",
    "http://[::1]:8080/in",
    "http://2130706433/in",
    "http://0x7f.1/in",
    "http://[::ffff:127.0.0.1]/in",
  ])("accepts %s in a sandbox only", (url) => {
    expect([verdict(url, true), verdict(url, false)]).toEqual(["ok", "invalid_destination"]);
  });

  it.each([
    "http://hooks.example.com/in",
    "http://8.8.8.8/in",
    "ftp://hooks.example.com/in",
    "file:///etc/passwd",
    "https://user:password@hooks.example.com/in",
    "https://user@127.0.0.1/in",
    "https://10.1.2.3/",
    "https://169.254.169.254/latest/meta-data",
    "https://0x0a000001/",
    "https://0.0.0.0/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://intranet/",
    "https://vault.internal/",
    "https://printer.local./",
    "hooks.example.com/in",
    "",
  ])("refuses %j everywhere", (url) => {
    expect([verdict(url, true), verdict(url, false)]).toEqual(["invalid_destination", "invalid_destination"]);
  });

  it.each([
    ["http://10.1.2.3/in", "ok"],
    ["https://10.1.2.3/in", "ok"],
    ["https://vault.internal/in", "ok"], // judged at each connection
    ["http://receiver/in", "ok"],
    ["http://10.2.2.3/in", "invalid_destination"],
    ["http://8.8.8.8/in", "invalid_destination"],
    ["http://localhost./in", "ok"],
    ["https://127.0.0.1/in", "invalid_destination"],
    ["https://user@10.1.2.3/in", "invalid_destination"],
    ["ftp://10.1.2.3/in", "invalid_destination"],
  ])("answers for %s with an allowed network: %s", (url, answer) => {
    expect(verdict(url, { allowPrivateNetworks: ["10.1.0.0/16"] })).toBe(answer);
  });

  it("refuses a malformed network", () => {
    expect(verdict("https://8.8.8.8/", { allowPrivateNetworks: ["10.0.0.0/99"] })).toBe("invalid_option");
  });
});
