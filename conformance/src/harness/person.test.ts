import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { sleep } from "./clock.ts";
import { createPerson, type KnownDevice } from "./person.ts";

const device = (deviceId: string, type = "camera", hasEvents = true): KnownDevice => ({
  deviceId,
  name: `Name of ${deviceId}`,
  type,
  site: "Depot",
  hasEvents,
});
const DEVICES = [device("d1"), device("d2"), device("d3", "door"), device("d4", "speaker", false)];
const IDS = DEVICES.map(({ deviceId }) => deviceId);

/** A person who gives these answers, each some seconds after its question. */
function seat(...answers: readonly (string | { readonly line: string; readonly seconds: number })[]) {
  const clock = createVirtualClock();
  const interruption = new AbortController();
  const shown: string[] = [];
  const waiting = [...answers];
  const terminal = {
    show: (text: string) => void shown.push(text),
    async ask(prompt: string, signal: AbortSignal) {
      shown.push(prompt);
      const next = waiting.shift();
      const { line, seconds } =
        typeof next === "string" ? { line: next, seconds: 5 } : (next ?? { line: "", seconds: 9e4 });
      await sleep(clock, seconds * 1000, signal);
      return line;
    },
  };
  const person = createPerson({ terminal, signal: interruption.signal, clock });
  person.know(DEVICES);
  const change = (deviceId: string, status: "offline" | "online" = "offline") =>
    clock.run(() => person.run(`make it ${status}`, { command: "status", device_id: deviceId, status }));
  return {
    person,
    change,
    clock,
    interrupt: () => interruption.abort(new Error("interrupted")),
    text: () => shown.join(""),
  };
}

test("asks with name, type and site, and records when the question was asked and confirmed", async () => {
  const { person, change, clock, text } = seat("");
  person.pick(IDS, 1);
  person.expect(4, ["DLV-008. Not at once."]);
  const asked = clock.now();
  const exchange = await change("d1");
  expect(text()).toContain("at most 4 changes");
  expect(text()).toContain("Not tested this way: DLV-008. Not at once.");
  expect(text()).toContain(
    "[1 of at most 4] Take *Name of d1* offline, then press Enter.\n    camera, at Depot, id d1",
  );
  expect(exchange).toMatchObject({
    id: "t1",
    failure: null,
    response: { status: 200 },
    request: { method: "TRIGGER" },
  });
  expect(Date.parse(exchange.startedAt) - asked).toBeLessThan(100);
  expect(exchange.durationMs).toBeGreaterThanOrEqual(5000);
});

test("ignores the second press of a key, which would confirm the next change", async () => {
  const { change } = seat("", { line: "", seconds: 0.2 }, { line: "", seconds: 20 });
  await change("d1");
  expect((await change("d1", "online")).durationMs).toBeGreaterThanOrEqual(20_000);
});

test("records a skipped change and a change without an answer as failures", async () => {
  const { change, text } = seat("x", "s");
  expect(await change("d1")).toMatchObject({ response: null, failure: "the person skipped the change" });
  expect(text()).toContain("Press Enter when the change is made.");
  const late = await change("d2");
  expect(late.failure).toBe("the person did not confirm the change within 10 min");
  expect(late.durationMs).toBeGreaterThanOrEqual(600_000);
  // What was not changed need not be restored.
  expect((await change("d1", "online")).failure).toBe("the device was not changed before");
});

test("changes another device if the person chooses one, by a number or a part of its name", async () => {
  const { person, change, text } = seat("c", "of", "9", "D2");
  expect(person.pick(IDS, 1)).toEqual(["d1"]);
  await expect(change("d1")).rejects.toMatchObject({ code: "other_device" });
  expect(text()).toContain("1. Name of d2 (camera, at Depot, id d2)");
  expect(person.pick(IDS, 1)).toEqual(["d2"]);
});

test("prefers the devices that were changed before, of different types, whose events are reported", () => {
  const { person } = seat();
  expect(person.pick(["d4", "d3"], 1)).toEqual(["d3"]);
  expect(person.pick(["d4", "d1", "d2", "d3"], 2)).toEqual(["d3", "d1"]);
});

test("at the end, asks to restore what is still changed", async () => {
  const { person, change, clock, text } = seat("", "", "s");
  await change("d1");
  await change("d2");
  await clock.run(() => person.finish());
  expect(text()).toContain("Put *Name of d1* back online");
  expect(text()).toContain(
    "still changed. Put them back online:\n  Name of d1 (camera, at Depot, id d1)\n  Name of d2",
  );
});

test("after Ctrl-C, asks nothing more, and lists what is still changed", async () => {
  const { person, change, interrupt, text } = seat("");
  await change("d1");
  const running = change("d2");
  interrupt();
  await expect(running).rejects.toThrow("interrupted");
  await person.finish();
  expect(text()).toMatch(/still changed\. Put them back online:\n {2}Name of d1 .*\n$/);
});
