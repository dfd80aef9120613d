import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTimeLimit } from "./time-limit.ts";

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

test("aborts and rejects a run that takes many times as long as the slowest before it", async () => {
  const withinLimit = createTimeLimit({ factor: 2, minMs: 1 });
  expect(await withinLimit("first", () => wait(20, "done"))).toBe("done");
  let isAborted = false;
  const hanging = withinLimit("second", (signal) => {
    signal.addEventListener("abort", () => {
      isAborted = true;
    });
    return never(signal);
  });
  await expect(hanging).rejects.toMatchObject({ code: "run_timeout" });
  expect(isAborted).toBe(true);
});

test("limits the first run too", async () => {
  await expect(createTimeLimit({ firstMs: 10 })("first", never)).rejects.toMatchObject({
    code: "run_timeout",
  });
});

test("rejects with the run's own error, and allows the next run", async () => {
  const withinLimit = createTimeLimit();
  await expect(withinLimit("first", () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  expect(await withinLimit("second", async () => 2)).toBe(2);
});
