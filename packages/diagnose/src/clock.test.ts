import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { ClockCode } from "./mistake.ts";
import { BODY, expectMistakes, type Making, make, NOW, SECONDS, SECRET } from "./testing/deliveries.ts";

const ago = (seconds: number): string => String(Number(SECONDS) - seconds);
const old = BODY.replace("2026-11-23T08:31:07.120Z", "2026-11-23T06:00:00.000Z");
const timeless = '{"id":"evt_1"}';
const signedSeconds: NonNullable<Making["message"]> = (i, _, b) => `${i}.${SECONDS}.${b}`;

const SENT: Record<ClockCode, readonly Making[]> = {
  timestamp_in_milliseconds: [
    { timestamp: String(NOW.getTime()) },
    { timestamp: String(NOW.getTime()), message: signedSeconds },
  ],
  timestamp_too_precise: [
    { timestamp: `${SECONDS}123456` },
    { timestamp: `${SECONDS}123456789` },
    { timestamp: String(BigInt(SECONDS) * 10_000_000n + 621_355_968_000_000_000n), message: signedSeconds },
  ],
  timestamp_has_fraction: [
    { timestamp: `${SECONDS}.123` },
    { timestamp: `${SECONDS}.123`, message: signedSeconds },
  ],
  timestamp_iso: [
    { timestamp: NOW.toISOString() },
    { timestamp: "2026-11-23T09:31:09+01:00", message: signedSeconds },
    { timestamp: "2026-11-23 08:31:09" },
  ],
  timestamp_http_date: [
    { timestamp: NOW.toUTCString() },
    { timestamp: NOW.toUTCString(), message: signedSeconds },
  ],
  timestamp_malformed: [{ timestamp: "now" }, { timestamp: "-5" }, { timestamp: "123456789012" }],
  timestamp_time_zone: [
    { timestamp: ago(3600) },
    { timestamp: ago(-3600) },
    { timestamp: ago(5 * 3600 + 3) },
    { timestamp: ago(-19_800) },
    { timestamp: ago(7200), body: timeless },
  ],
  timestamp_stale: [
    { timestamp: ago(3600), body: old },
    { timestamp: ago(900), body: timeless },
    { timestamp: ago(40 * 86_400), body: timeless },
  ],
  clock_behind: [{ timestamp: ago(420) }, { timestamp: ago(86_400 * 3) }],
  clock_ahead: [{ timestamp: ago(-420) }, { timestamp: ago(-86_400 * 400) }],
};

test.each(Object.entries(SENT).flatMap(([code, all]) => all.map((making) => [code, making] as const)))(
  "%s",
  async (code, making) => {
    await expectMistakes(make(making), [code as ClockCode]);
  },
);

test("only a timestamp outside the tolerance is a mistake", async () => {
  const at = (seconds: number, toleranceSeconds?: number) =>
    diagnose({
      ...make({ timestamp: ago(seconds) }),
      keys: SECRET,
      now: NOW,
      ...(toleranceSeconds !== undefined && { toleranceSeconds }),
    });
  expect((await at(300)).verdict).toBe("valid");
  expect((await at(-300)).verdict).toBe("valid");
  expect((await at(301)).verdict).toBe("mistake");
  expect((await at(301, 600)).verdict).toBe("valid");
});

test("uses the system clock by default", async () => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  expect((await diagnose({ ...make({ timestamp }), keys: SECRET })).verdict).toBe("valid");
});

test("reports a stale timestamp together with hex", async () => {
  await expectMistakes(
    make({ timestamp: ago(900), body: timeless, header: (d) => `v1,${d.toString("hex")}` }),
    ["signature_hex", "timestamp_stale"],
  );
});

test("reports certain mistakes even if the signature stays unexplained", async () => {
  await expectMistakes(make({ key: "another", timestamp: ago(900) }), ["clock_behind"], { complete: false });
});
