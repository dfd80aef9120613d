import { expect, test } from "vitest";
import { createRecorder } from "../harness/recorder.ts";
import { toReportedExchange } from "./report.ts";
import { canReplay, describeRerunArguments, toCurl } from "./reproduce.ts";

const recorder = createRecorder({
  credential: "one-key-0123456789",
  names: new Map([
    ["one-key-0123456789", "CONFORMANCE_API_KEY"],
    ["two-key-0123456789", "CONFORMANCE_SECOND_API_KEY"],
  ]),
  signal: AbortSignal.timeout(10_000),
});
const shown = async (subject: "vendor" | "receiver", credential?: string | null) => {
  const asked = await recorder.call({
    purpose: "ask",
    url: "http://127.0.0.1:9/",
    ...(credential === undefined ? {} : { credential }),
  });
  return toCurl({ subject }, toReportedExchange(asked));
};

test.each<[string, "vendor" | "receiver", string | null | undefined, string]>([
  ["the key under test", "vendor", undefined, '-H "Authorization: Bearer $CONFORMANCE_API_KEY"'],
  [
    "another tenant's key",
    "vendor",
    "two-key-0123456789",
    '-H "Authorization: Bearer $CONFORMANCE_SECOND_API_KEY"',
  ],
  ["a made-up key", "vendor", "not-a-key", '-H "Authorization: Bearer made-up-key"'],
])("curl uses the credential of the call: %s", async (_, subject, credential, header) => {
  const command = await shown(subject, credential);
  expect(command).toContain(header);
  expect(command).not.toMatch(/0123456789|redacted/);
});

test("curl uses no credential if the call had none", async () => {
  expect(await shown("vendor", null)).toBe("curl -i 'http://127.0.0.1:9/'");
});

test("lists the arguments that the rerun command omits", () => {
  expect(describeRerunArguments({ subject: "vendor" }, "INV-001")).toBeNull();
  expect(describeRerunArguments({ subject: "vendor" }, "SEC-005")).toContain("--second-api-key");
  expect(describeRerunArguments({ subject: "receiver" }, "RCV-001")).toContain("--org");
});

test.each([
  ["GET", 200, true],
  ["POST", 201, true],
  ["DELETE", 204, false],
  ["DELETE", 403, true],
  ["DELETE", null, false],
])("%s with response %s can be replayed: %s", async (method, status, isTried) => {
  const asked = await recorder.call({ purpose: "ask", url: "http://127.0.0.1:9/" });
  expect(canReplay({ ...toReportedExchange(asked), method, status })).toBe(isTried);
});

test("a webhook that the suite signed cannot be replayed", async () => {
  const asked = await recorder.call({ purpose: "ask", url: "http://127.0.0.1:9/" });
  expect(canReplay({ ...toReportedExchange(asked), method: "POST", signed: true })).toBe(false);
});
