import { expect, test } from "vitest";
import { exchange, listing } from "../../evidence/testing/recorded.ts";
import { devicesToChange } from "./sandbox-device.ts";

const device_types = [
  { type: "camera", status_from: ["inventory", "events"] },
  { type: "door", status_from: ["events"] },
  { type: "speaker", status_from: ["inventory"] },
];
const discovery = { manifest: exchange({ device_types }) };
const chosenFrom = (...devices: readonly object[]) =>
  devicesToChange(discovery, { listing: listing(...devices) });

test("one device of each type that events tell of, an online one where there is one", () => {
  const chosen = chosenFrom(
    { device_id: "1", type: "camera", status: "degraded" },
    { device_id: "2", type: "camera", status: "online" },
    { device_id: "3", type: "camera", status: "online" },
    { device_id: "4", type: "speaker", status: "online" },
    { device_id: "5", type: "door" },
    { device_id: "6", type: "door", status: "offline" },
    { device_id: "7", type: "door", status: "unknown" },
  );
  expect(chosen).toEqual([
    { deviceId: "2", course: ["offline", "online"] },
    { deviceId: "6", course: ["online", "offline"] },
  ]);
});

test("without such a device there is a reason", () => {
  expect(() => chosenFrom({ device_id: "4", type: "speaker", status: "online" })).toThrow(
    expect.objectContaining({ code: "cannot_drive" }),
  );
});
