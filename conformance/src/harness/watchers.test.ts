import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { patientTimer } from "./watchers.ts";

test("calls back when time is up, and not after it was stopped", async () => {
  const clock = createVirtualClock();
  const ended: string[] = [];
  patientTimer(clock, 0.1, () => ended.push("ended"));
  patientTimer(clock, 0.1, () => ended.push("stopped")).stop();
  await clock.advance(90);
  expect(ended).toEqual([]);
  await clock.advance(20);
  expect(ended).toEqual(["ended"]);
});

test("does not count time in which the event loop was blocked", async () => {
  const clock = createVirtualClock();
  let blockedMs = 0;
  const blocking = { ...clock, monotonic: () => clock.monotonic() + blockedMs };
  let isOver = false;
  patientTimer(blocking, 0.5, () => {
    isOver = true;
  });
  blockedMs = 700;
  await clock.advance(350);
  expect(isOver).toBe(false);
  await clock.advance(200);
  expect(isOver).toBe(true);
});

test("calls back on the next tick if there is no time to wait", async () => {
  const clock = createVirtualClock();
  let isOver = false;
  patientTimer(clock, 0, () => {
    isOver = true;
  });
  await clock.advance(2);
  expect(isOver).toBe(true);
});
