import { createSeededRandom } from "@convergint/internal/seeded-random";
import { DEVICE_HEARTBEAT, DEVICE_REMOVED } from "@convergint/schemas";
import { describe, expect, it } from "vitest";
import type { Call, Request } from "./call.ts";
import { expectationOf } from "./expectation.ts";
import { createGenerator } from "./generate.ts";
import { createLedger, type World } from "./world.ts";

const EVENT_TYPES = [DEVICE_REMOVED, DEVICE_HEARTBEAT];
const PATH = { device_id: "camera-1" };
const camera = { ...PATH, org_id: "org-1", site_id: "hq", type: "camera", name: "Entrance" };
const world: World = {
  manifest: {
    sandbox: { control_url: "https://vendor.example/sandbox", commands: ["add_device", "events"] },
  },
  caller: {
    orgs: new Map([["org-1", { org_id: "org-1" }]]),
    sites: new Map([["hq", { org_id: "org-1", site_id: "hq" }]]),
    devices: new Map([[camera.device_id, camera]]),
    systems: new Set(),
  },
  other: null,
  eventTypes: EVENT_TYPES,
  eventTypesOf: new Map([["camera", EVENT_TYPES]]),
  addable: ["camera"],
  destination: null,
};

describe("an events command of a fuzz run", () => {
  it("asks for no event that may remove the device", () => {
    const generate = createGenerator(() => ({
      ...{ world, random: createSeededRandom(1), now: 0 },
      ...{ goneDevices: [], goneEndpoints: [], oldCursors: [], oldTokens: [] },
    }));
    const bodies = Array.from({ length: 600 }, (_, index) => generate(index)).flatMap((calls) =>
      calls.flatMap(({ operation, body }) => (operation === "publishSandboxEvent" ? [body] : [])),
    );
    const isAbout = (type: string) => bodies.some((body) => JSON.stringify(body)?.includes(type));
    expect([isAbout(DEVICE_HEARTBEAT), isAbout(DEVICE_REMOVED)]).toEqual([true, false]);
  });

  it.each([
    [{ device_id: "another" }, [202, 400, 404, 409]],
    [{ extra: 1 }, [202, 400, 409]],
  ])("with the data %j may be answered with %j", (data, statuses) => {
    const json = { type: DEVICE_HEARTBEAT, data };
    const body = { type: "application/json", json };
    const call: Call = {
      ...{ id: 1, operation: "publishSandboxEvent", as: "caller", query: [], headers: [], body },
      path: { device_id: { text: camera.device_id } },
    };
    const url = new URL("https://vendor.example/sandbox/devices/camera-1/events");
    const request: Request = {
      ...{ method: "POST", url, rawPath: url.pathname, headers: { accept: "*/*" } },
      ...{ body: JSON.stringify(json), parameters: [], ids: PATH },
    };
    const expected = expectationOf(
      { call, request },
      createLedger(world, () => 0),
    ).statuses;
    expect([...expected].sort()).toEqual(statuses);
  });
});
