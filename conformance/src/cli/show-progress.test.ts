import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../harness/clock.ts";
import type { Screen } from "./context.ts";
import { showProgress } from "./show-progress.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const CLEAR = "\r\u001b[2K";

/** Creates a screen, and a function that returns the text written since the line was last cleared. */
function createScreen(properties: Omit<Screen, "write">) {
  const written: string[] = [];
  const screen: Screen = { ...properties, write: (text) => written.push(text) };
  return { screen, written, shown: () => written.join("").split(CLEAR).at(-1) };
}

test("terminal: redraws one line with the scenario, what it waits for and how long", async () => {
  const { screen, written, shown } = createScreen({ isTTY: true, columns: 200 });
  const { tracker, end } = showProgress(screen, systemClock);
  tracker.begin("Take devices offline");
  expect(shown()).toBe("· Take devices offline");
  tracker.say("3 devices change");
  const waited = Promise.withResolvers<void>();
  const first = tracker.waiting("webhooks, at most 30 s", waited.promise);
  const other = tracker.waiting("the response to “list”", waited.promise);
  vi.advanceTimersByTime(4000);
  expect(shown()).toBe(
    "· Take devices offline: 3 devices change; waiting for webhooks, at most 30 s and 1 more, 4 s so far",
  );
  waited.resolve();
  await Promise.all([first, other]);
  vi.advanceTimersByTime(1000);
  expect(shown()).toBe("· Take devices offline: 3 devices change");
  tracker.begin("Ping an endpoint");
  expect(shown()).toBe("· Ping an endpoint");
  expect(written.join("")).not.toContain("\n");
  end();
  expect(shown()).toBe("");
  const before = written.length;
  vi.advanceTimersByTime(5000);
  expect(written).toHaveLength(before);
});

test("truncates the line to the terminal width and replaces control characters", () => {
  const { screen, shown } = createScreen({ isTTY: true, columns: 40 });
  const { tracker, end } = showProgress(screen, systemClock);
  tracker.begin(`have a device publish \u001b[2J\n${"x".repeat(100)}`);
  expect(shown()).toHaveLength(39);
  expect(shown()).toMatch(/^· have a device publish \ufffd\[2J\ufffdx+…$/);
  end();
});

test.each([
  ["not a terminal", { isTTY: false }, false],
  ["a terminal that cannot redraw", { isTTY: true }, true],
])("%s: writes one line per step", (_, properties, isDumb) => {
  const { screen, written } = createScreen(properties);
  const { tracker, end } = showProgress(screen, systemClock, { isDumb });
  tracker.begin("Read the manifest");
  void tracker.waiting("the answer", new Promise(() => {}));
  vi.advanceTimersByTime(5000);
  tracker.say("waiting");
  end();
  expect(written).toEqual(["· Read the manifest\n", "· waiting\n"]);
});
