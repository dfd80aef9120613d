import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTriggerCommand } from "./trigger-command.ts";

const COMMAND = { command: "status", device_id: "d'1", status: "offline" } as const;
const trigger = (commandLine: string, more: { timeoutSeconds?: number; signal?: AbortSignal } = {}) =>
  createTriggerCommand({ commandLine, signal: new AbortController().signal, ...more }).run(
    "change it",
    COMMAND,
  );

test("passes the change as one line of JSON and records the output", async () => {
  const exchange = await trigger("cat");
  expect(JSON.parse(exchange.response?.body ?? "")).toEqual(COMMAND);
  expect(exchange).toMatchObject({ id: "t1", failure: null, response: { status: 200 } });
});

test.each([
  ["exits with another code", "echo no such device >&2; exit 3", /exited with 3: no such device$/],
  ["does not exist", "surely-no-such-command", /exited with 127/],
])("records a command that %s as a failure, with the reason", async (_, commandLine, failure) => {
  const exchange = await trigger(commandLine);
  expect(exchange.response).toBeNull();
  expect(exchange.failure).toMatch(failure);
});

test("accepts a command that does not read its input", async () => {
  expect((await trigger("exec 0<&-; true")).failure).toBeNull();
});

test("kills a command that hangs, with all its children, and records the timeout", async () => {
  const exchange = await trigger("sleep 30 & wait", { timeoutSeconds: 0.2 });
  expect(exchange.failure).toContain("timed out");
  expect(exchange.durationMs).toBeLessThan(5_000);
});

test("kills the command when the run is interrupted", async () => {
  const interrupt = new AbortController();
  const running = trigger("sleep 30", { signal: interrupt.signal });
  await wait(100);
  interrupt.abort();
  await expect(running).rejects.toThrow();
});
