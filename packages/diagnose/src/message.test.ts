import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { IdCode, LayoutCode, TimestampCode } from "./mistake.ts";
import { BODY, expectMistakes, type Making, make, NOW, SECONDS, SECRET } from "./testing/deliveries.ts";

const LAID_OUT: Record<LayoutCode, readonly NonNullable<Making["message"]>[]> = {
  id_left_out: [(_, t, b) => `${t}.${b}`],
  timestamp_left_out: [(i, _, b) => `${i}.${b}`],
  body_only: [(_i, _t, b) => b],
  body_left_out: [(i, t) => `${i}.${t}`, (i, t) => `${i}.${t}.`],
  wrong_order: [
    (i, t, b) => `${t}.${i}.${b}`,
    (i, t, b) => `${b}.${t}.${i}`,
    (i, t, b) => `${i}.${b}.${t}`,
    (_, t, b) => `${b}.${t}`,
    (i, t, b) => `${b}.${i}.${t}`,
  ],
  slack_layout: [(_, t, b) => `v0:${t}:${b}`],
  version_in_message: [(i, t, b) => `v1.${i}.${t}.${b}`, (_, t, b) => `v1.${t}.${b}`],
  wrong_separator: [":", "|", ",", "\n", "", " ", "-", "_", ";", "&", "\r\n"]
    .map(
      (s): NonNullable<Making["message"]> =>
        (i, t, b) =>
          [i, t, b].join(s),
    )
    .concat((i, t, b) => `${i}.${t}${b}`),
};

test.each(Object.entries(LAID_OUT).flatMap(([code, all]) => all.map((message) => [code, message] as const)))(
  "%s",
  async (code, message) => {
    await expectMistakes(make({ message }), [code as LayoutCode]);
  },
);

const UUID = "5D1F2C3A-8C1B-4D52-9B1E-2F6B0F5C7A10";
const signedId =
  (signed: string): NonNullable<Making["message"]> =>
  (_, t, b) =>
    `${signed}.${t}.${b}`;

const IDENTIFIED: Record<IdCode, readonly (Making & { complete?: boolean })[]> = {
  id_has_dot: [{ id: "evt.1" }],
  id_malformed: [{ id: "evt 1" }, { id: "évt" }, { id: "e".repeat(257) }],
  id_signed_is_event_id: [{ id: "delivery_7", message: signedId("evt_1") }],
  id_case_changed: [
    { id: UUID, message: signedId(UUID.toLowerCase()) },
    { id: UUID.toLowerCase(), message: signedId(UUID) },
  ],
  id_rewritten: [
    { id: UUID, message: signedId(`{${UUID}}`) },
    { id: UUID, message: signedId(UUID.replaceAll("-", "")) },
    { id: UUID.replaceAll("-", ""), message: signedId(UUID) },
    { id: UUID, message: signedId(`"${UUID}"`) },
  ],
  id_signed_empty: [{ message: signedId("") }, { message: signedId("undefined") }],
};

test.each(Object.entries(IDENTIFIED).flatMap(([code, all]) => all.map((making) => [code, making] as const)))(
  "%s",
  async (code, making) => {
    await expectMistakes(make(making), [code as IdCode]);
  },
);

/** The Unix seconds at which the event of BODY happened. */
const EVENT_SECONDS = Math.floor(Date.parse("2026-11-23T08:31:07.120Z") / 1000);

const signedTimestamp =
  (signed: string): NonNullable<Making["message"]> =>
  (i, _, b) =>
    `${i}.${signed}.${b}`;

const TIMED: Record<TimestampCode, readonly string[]> = {
  timestamp_signed_in_milliseconds: [`${SECONDS}000`, `${SECONDS}001`, `${SECONDS}417`, `${SECONDS}999`],
  timestamp_signed_with_fraction: [`${SECONDS}.0`],
  timestamp_signed_as_iso: [
    NOW.toISOString(),
    "2026-11-23T08:31:09Z",
    "2026-11-23T08:31:09+00:00",
    "2026-11-23T08:31:09",
    "2026-11-23 08:31:09",
    NOW.toUTCString(),
  ],
  timestamp_taken_twice: [1, -1, 5].map((off) => String(Number(SECONDS) + off)),
  timestamp_signed_in_other_zone: [3600, -7200, 19_800, -43_200].map((off) => String(Number(SECONDS) + off)),
  timestamp_signed_empty: ["", "undefined", "None"],
  retry_not_signed_again: [3, 5, 31, 300, 599, 600].map((ago) => String(Number(SECONDS) - ago)),
};

test.each(Object.entries(TIMED).flatMap(([code, all]) => all.map((signed) => [code, signed] as const)))(
  "%s (%s)",
  async (code, signed) => {
    await expectMistakes(make({ message: signedTimestamp(signed) }), [code as TimestampCode]);
  },
);

test.each([
  ["a minute", 60, 0],
  ["half an hour, to the second", 1800, 0],
  ["five hours", 18_003, 2],
  ["three days", 259_200, 300],
])("retry_not_signed_again (%s after a first attempt near the event's time)", async (_, ago, late) => {
  const first = EVENT_SECONDS + late;
  await expectMistakes(
    make({ timestamp: String(first + ago), message: signedTimestamp(String(first)) }),
    ["retry_not_signed_again"],
    { now: new Date((first + ago) * 1000) },
  );
});

test("a difference of hours is a time zone unless the signed time is right after the event", async () => {
  const timestamp = String(EVENT_SECONDS + 7200);
  const now = new Date((EVENT_SECONDS + 7200) * 1000);
  const signed = String(EVENT_SECONDS + 5400);
  await expectMistakes(
    make({ timestamp, message: signedTimestamp(signed) }),
    ["timestamp_signed_in_other_zone"],
    {
      now,
    },
  );
});

test("does not explain a signature from too long ago", async () => {
  const old = String(Number(SECONDS) - 601);
  const delivery = make({ message: signedTimestamp(old) });
  expect(await diagnose({ ...delivery, keys: SECRET, now: NOW })).toHaveProperty("verdict", "unknown");
});

test("finds two mistakes made together", async () => {
  await expectMistakes(make({ key: SECRET, message: (_, t, b) => `${t}.${b}` }), [
    "id_left_out",
    "secret_prefix_in_key",
  ]);
  await expectMistakes(make({ message: (_, t, b) => `${t}:${b}` }), ["id_left_out", "wrong_separator"]);
  await expectMistakes(make({ hash: "sha1", message: (_i, _t, b) => b }), ["body_only", "sha1"]);
});

test("a correctly signed delivery is valid, whatever its body", async () => {
  for (const body of [BODY, "", "not json", "[object Object]", Buffer.from([0xff, 0xfe, 0])]) {
    expect(await diagnose({ ...make({ body }), keys: SECRET, now: NOW })).toEqual({ verdict: "valid" });
  }
});
