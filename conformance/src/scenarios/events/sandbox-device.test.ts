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
  devicesToChange(
    discovery,
    { listing: listing(...devices) },
    { chance: createSeededRandom(1), person: null },
  );

test("chooses one device of each type with status events: a random one of those online, in the order of the types", () => {
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
    const [camera, door, ...others] = devicesToChange(discovery, evidence, {
      chance: createSeededRandom(seed),
      person: null,
    });
    expect(others).toEqual([]);
    expect(camera.course).toEqual([{ status: "offline" }, { status: "online" }]);
    expect(door?.course[1].status).toMatch(/^(?:offline|unknown)$/);
    cameras.add(camera.deviceId);
  }
  expect([...cameras].toSorted()).toEqual(["2", "3"]);
});

test("gives a reason if there is no such device", () => {
  expect(() => chosenFrom({ device_id: "4", type: "speaker", status: "online" })).toThrow(
    expect.objectContaining({ code: "cannot_drive" }),
  );
});

test("restores the status reason", () => {
  const [{ course }] = chosenFrom({
    device_id: "1",
    type: "camera",
    status: "degraded",
    status_reason: "fault",
  });
  expect(course).toEqual([{ status: "offline" }, { status: "degraded", status_reason: "fault" }]);
});

test("does not choose a device behind a connector that is down", () => {
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
    ["independent devices take one turn", ["a", "b"], [["a", "b"]]],
    [
      "a gateway and the camera behind it take two turns",
      ["camera", "gateway", "a"],
      [["camera", "a"], ["gateway"]],
    ],
    ["in either order", ["gateway", "camera"], [["gateway"], ["camera"]]],
    ["so does a device two levels behind", ["gateway", "door"], [["gateway"], ["door"]]],
    ["two devices behind one gateway are independent", ["camera", "door"], [["camera", "door"]]],
    ["devices that are each other's parents do not loop forever", ["x", "y"], [["x"], ["y"]]],
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
