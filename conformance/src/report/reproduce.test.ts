import { expect, test } from "vitest";
import { createRecorder } from "../harness/recorder.ts";
import { reportedExchange } from "./report.ts";
import { canBeTried, curlOf, rerunTakes } from "./reproduce.ts";

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
  return curlOf({ subject }, reportedExchange(asked));
};

test.each<[string, "vendor" | "receiver", string | null | undefined, string]>([
  ["the key under test", "vendor", undefined, '-H "Authorization: Bearer $CONFORMANCE_API_KEY"'],
  [
    "another tenant's",
    "vendor",
    "two-key-0123456789",
    '-H "Authorization: Bearer $CONFORMANCE_SECOND_API_KEY"',
  ],
  ["a made-up one", "vendor", "not-a-key", '-H "Authorization: Bearer made-up-key"'],
])(
  "a command calls with the credential that the suite called with: %s",
  async (_, subject, credential, header) => {
    const command = await shown(subject, credential);
    expect(command).toContain(header);
    expect(command).not.toMatch(/0123456789|redacted/);
  },
);

test("and with none where the suite had none", async () => {
  expect(await shown("vendor", null)).toBe("curl -i 'http://127.0.0.1:9/'");
});

test("what a rerun takes beside its command is said", () => {
  expect(rerunTakes({ subject: "vendor" }, "INV-001")).toBeNull();
  expect(rerunTakes({ subject: "vendor" }, "SEC-005")).toContain("--second-api-key");
  expect(rerunTakes({ subject: "receiver" }, "RCV-001")).toContain("--org");
});

test.each([
  ["GET", 200, true],
  ["POST", 201, true],
  ["DELETE", 204, false],
  ["DELETE", 403, true],
  ["DELETE", null, false],
])("%s that was answered with %s can be tried by hand: %s", async (method, status, isTried) => {
  const asked = await recorder.call({ purpose: "ask", url: "http://127.0.0.1:9/" });
  expect(canBeTried({ ...reportedExchange(asked), method, status })).toBe(isTried);
});

test("what the suite signed cannot be tried by hand", async () => {
  const asked = await recorder.call({ purpose: "ask", url: "http://127.0.0.1:9/" });
  expect(canBeTried({ ...reportedExchange(asked), method: "POST", signed: true })).toBe(false);
});
