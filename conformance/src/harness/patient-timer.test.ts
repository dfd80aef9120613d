import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { patientTimer } from "./patient-timer.ts";

const block = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

test("ends when its time is over, and never when it was stopped", async () => {
  const ended: string[] = [];
  patientTimer(systemClock, 0.1, () => ended.push("ended"));
  patientTimer(systemClock, 0.1, () => ended.push("stopped")).stop();
  await wait(30);
  expect(ended).toEqual([]);
  await wait(400);
  expect(ended).toEqual(["ended"]);
});

test("time in which nobody could look does not count", async () => {
  let isOver = false;
  patientTimer(systemClock, 0.5, () => {
    isOver = true;
  });
  block(700);
  await wait(100);
  expect(isOver).toBe(false);
  await wait(700);
  expect(isOver).toBe(true);
});

test("no time at all is over at the next look", async () => {
  let isOver = false;
  patientTimer(systemClock, 0, () => {
    isOver = true;
  });
  await wait(60);
  expect(isOver).toBe(true);
});
