import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTriggerCommand } from "./trigger-command.ts";

const COMMAND = { command: "status", device_id: "d'1", status: "offline" } as const;
const trigger = (commandLine: string, more: { timeoutSeconds?: number; signal?: AbortSignal } = {}) =>
  createTriggerCommand({ commandLine, signal: new AbortController().signal, ...more }).run(
    "change it",
    COMMAND,
  );

test("the command gets the change as one line of JSON, and what it writes is kept", async () => {
  const exchange = await trigger("cat");
  expect(JSON.parse(exchange.response?.body ?? "")).toEqual(COMMAND);
  expect(exchange).toMatchObject({ id: "t1", failure: null, response: { status: 200 } });
});

test.each([
  ["ends in another code", "echo no such device >&2; exit 3", /ended with 3: no such device$/],
  ["is not there", "surely-no-such-command", /ended with 127/],
])("a command that %s has changed nothing, and says why", async (_, commandLine, failure) => {
  const exchange = await trigger(commandLine);
  expect(exchange.response).toBeNull();
  expect(exchange.failure).toMatch(failure);
});

test("a command that reads nothing is a command, too", async () => {
  expect((await trigger("exec 0<&-; true")).failure).toBeNull();
});

test("a command that hangs is ended with all it started, and told of", async () => {
  const exchange = await trigger("sleep 30 & wait", { timeoutSeconds: 0.2 });
  expect(exchange.failure).toContain("did not end in time");
  expect(exchange.durationMs).toBeLessThan(5_000);
});

test("an interrupted run ends the command", async () => {
  const interrupt = new AbortController();
  const running = trigger("sleep 30", { signal: interrupt.signal });
  await wait(100);
  interrupt.abort();
  await expect(running).rejects.toThrow();
});
