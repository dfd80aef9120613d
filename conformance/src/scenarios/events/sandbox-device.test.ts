import { createSeededRandom } from "@convergint/internal/seeded-random";
import { describe, expect, test } from "vitest";
import { exchange, listing } from "../../evidence/testing/recorded.ts";
import { devicesToChange, inTurns } from "./sandbox-device.ts";

const device_types = [
  { type: "camera", status_from: ["inventory", "events"] },
  { type: "door", status_from: ["events"] },
  { type: "speaker", status_from: ["inventory"] },
];
const discovery = { manifest: exchange({ device_types }) };
const chosenFrom = (...devices: readonly object[]) =>
  devicesToChange(discovery, { listing: listing(...devices) }, createSeededRandom(1));

test("one device of each type that events tell of: one of those online by chance, in the order of the types", () => {
  const devices = [
    { device_id: "1", type: "camera", status: "degraded" },
    { device_id: "2", type: "camera", status: "online" },
    { device_id: "3", type: "camera", status: "online" },
    { device_id: "4", type: "speaker", status: "online" },
    { device_id: "5", type: "door" },
    { device_id: "6", type: "door", status: "offline" },
    { device_id: "7", type: "door", status: "unknown" },
  ];
  const evidence = { listing: listing(...devices) };
  const cameras = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) {
    const [camera, door, ...others] = devicesToChange(discovery, evidence, createSeededRandom(seed));
    expect(others).toEqual([]);
    expect(camera.course).toEqual([{ status: "offline" }, { status: "online" }]);
    expect(door?.course[1].status).toMatch(/^(?:offline|unknown)$/);
    cameras.add(camera.deviceId);
  }
  expect([...cameras].toSorted()).toEqual(["2", "3"]);
});

test("without such a device there is a reason", () => {
  expect(() => chosenFrom({ device_id: "4", type: "speaker", status: "online" })).toThrow(
    expect.objectContaining({ code: "cannot_drive" }),
  );
});

test("a device is given back the reason it had", () => {
  const [{ course }] = chosenFrom({
    device_id: "1",
    type: "camera",
    status: "degraded",
    status_reason: "fault",
  });
  expect(course).toEqual([{ status: "offline" }, { status: "degraded", status_reason: "fault" }]);
});

test("a device behind a connector that is down is left alone: whatever it is told to be, it is unknown", () => {
  const chosen = chosenFrom(
    { device_id: "gw", type: "gateway", status: "offline" },
    { device_id: "1", type: "camera", status: "online", parent_device_id: "gw" },
    { device_id: "2", type: "camera", status: "degraded" },
  );
  expect(chosen.map(({ deviceId }) => deviceId)).toEqual(["2"]);
});

describe("inTurns", () => {
  const course = [{ status: "offline" }, { status: "online" }] as const;
  const device = (device_id: string, parent_device_id?: string) => ({ device_id, parent_device_id });
  const turnsOf = (chosen: readonly string[], ...devices: readonly object[]) =>
    inTurns(
      chosen.map((deviceId) => ({ deviceId, course })),
      { listing: listing(...devices) },
    ).map((turn) => turn.map(({ deviceId }) => deviceId));

  test.each([
    ["devices apart take one turn", ["a", "b"], [["a", "b"]]],
    [
      "a gateway and the camera behind it take two",
      ["camera", "gateway", "a"],
      [["camera", "a"], ["gateway"]],
    ],
    ["whichever comes first", ["gateway", "camera"], [["gateway"], ["camera"]]],
    ["a device behind one behind another, too", ["gateway", "door"], [["gateway"], ["door"]]],
    ["two behind one gateway are apart", ["camera", "door"], [["camera", "door"]]],
    ["devices that name each other as parents do not hang it up", ["x", "y"], [["x"], ["y"]]],
  ])("%s", (_, chosen, turns) => {
    const estate = [
      device("a"),
      device("b", "not-listed"),
      device("gateway"),
      device("camera", "gateway"),
      device("controller", "gateway"),
      device("door", "controller"),
      device("x", "y"),
      device("y", "x"),
    ];
    expect(turnsOf(chosen, ...estate)).toEqual(turns);
  });
});
