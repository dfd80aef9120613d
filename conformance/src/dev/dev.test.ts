import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { cli } from "../cli/testing/harness.ts";
import type { Run } from "../suite/grade.ts";
import { type BenchOptions, createBench } from "./bench.ts";
import { createForwarder } from "./forward.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Creates a forwarder whose service answers as told, and keeps the calls. */
function forwarderTo(answer: (init: RequestInit) => Promise<Response>) {
  const clock = createVirtualClock();
  const calls: RequestInit[] = [];
  const call = (async (_: unknown, init: RequestInit = {}) => {
    calls.push(init);
    return answer(init);
  }) as typeof fetch;
  const { forward } = createForwarder("http://127.0.0.1:1/", {
    ...{ fetch: call, clock, signal: new AbortController().signal },
  });
  return { clock, calls, forward };
}

test("forwards the bytes and headers unchanged, without those of the connection, and follows no redirect", async () => {
  const { calls, forward } = forwarderTo(async () => new Response("moved", { status: 307 }));
  const headers = { "webhook-id": "evt_1", "content-type": "x/y", host: "bench", "content-length": "3" };
  const body = Uint8Array.of(0xff, 0x00, 0x22);
  expect(await forward({ headers, body })).toMatchObject({ status: 307, says: "moved" });
  expect(calls).toMatchObject([{ redirect: "manual", method: "POST" }]);
  expect(calls[0]?.headers).toEqual({ "webhook-id": "evt_1", "content-type": "x/y" });
  expect(new Uint8Array(calls[0]?.body as Buffer)).toEqual(body);
});

test("shows the start of a long answer, and gives up on a service that does not answer", async () => {
  const long = forwarderTo(async () => new Response("x".repeat(100_000)));
  expect((await long.forward({ headers: {}, body: encode("{}") })).says).toHaveLength(2000);
  const silent = forwarderTo(
    ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  );
  const forwarded = await silent.clock.run(() => silent.forward({ headers: {}, body: encode("{}") }));
  expect(forwarded).toMatchObject({ status: null, says: "no response within 15 s" });
});

test("forwards one delivery at a time, and keeps at most 200 waiting", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const { calls, forward } = forwarderTo(() => promise);
  const all = Array.from({ length: 201 }, () => forward({ headers: {}, body: encode("{}") }));
  expect((await all.at(-1))?.says).toContain("not forwarded");
  expect(calls).toHaveLength(1);
  resolve(new Response(null, { status: 204 }));
  expect((await all[1])?.status).toBe(204);
});

const startBench = (options: Partial<BenchOptions> = {}) =>
  createBench({
    ...{ target: new URL("http://127.0.0.1:1"), credentials: { apiKey: "bench-key-0123456789" }, seed: 1 },
    ...{ clock: createVirtualClock(), signal: new AbortController().signal, pollSeconds: 10 },
    ...{ endpoint: "http://127.0.0.1:2/", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", registers: true },
    ...{ onRows: () => {}, onStatus: () => {}, ...options },
  });

test("answers the first attempt, or every attempt, with the chosen fault", async () => {
  const bench = await startBench();
  const answers = () => [1, 2].map((attempt) => bench.answerTo(attempt)?.kind);
  await bench.act("fault", { answer: "hang" });
  expect(answers()).toEqual(["hang", undefined]);
  expect(bench.status().fault).toBe("no response");
  await bench.act("fault", { answer: "redirect", always: true });
  expect(answers()).toEqual(["redirect", "redirect"]);
  await bench.act("fault", { answer: "" });
  expect(answers()).toEqual([undefined, undefined]);
});

test.each([
  ["fault", { answer: "teapot" }, /429:5/],
  ["offline", {}, /--trigger-cmd/],
  ["rotate", {}, /registered/],
  ["shutdown", {}, /no such action/],
])("refuses %s with a reason", async (action, body, reason) => {
  const bench = await startBench();
  await expect(bench.act(action, body)).rejects.toMatchObject({
    code: "cannot_act",
    message: expect.stringMatching(reason),
  });
  await expect(bench.writeBundle()).rejects.toMatchObject({ code: "cannot_act" });
  expect(bench.clean("key bench-key-0123456789")).not.toContain("0123456789");
});

test("says what a manifest lacks, and reads it again until it is complete", async () => {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const said = new Set<string>();
  const states = new Set<unknown>();
  let reads = 0;
  const response = { status: 200, headers: { "content-type": "application/json" }, body: '{"webhooks":{}}' };
  const request = {
    method: "GET",
    url: "http://127.0.0.1:1/.well-known/vendor-cloud",
    headers: {},
    body: null,
  };
  const manifest = { id: "x1", purpose: "", request, response, failure: null, durationMs: 1 };
  const discovery = { manifest: { ...manifest, startedAt: new Date(0).toISOString() } };
  const bench = await startBench({
    ...{ clock, signal: stop.signal },
    async readInventory() {
      reads += 1;
      if (reads === 3) stop.abort();
      return {
        record: { parts: { discovery }, missing: {} },
        results: [],
        placeholders: [],
      } as unknown as Run;
    },
    onStatus: ({ doing }) => said.add(doing),
    onRows: (rows) => states.add(rows.find(({ id }) => id === "EVT-001")?.state),
  });
  expect(await clock.run(() => bench.watch())).toEqual([]);
  expect([...said].join()).toContain("api_base");
  expect([reads, [...states]]).toEqual([3, ["waiting"]]);
});

test.each([
  [[], "--target"],
  [["--target", "http://127.0.0.1:1", "--endpoint-url", "http://127.0.0.1:2/hook"], "--webhook-secret"],
  [["--target", "http://127.0.0.1:1", "--forward-to", "nowhere"], "--forward-to"],
])("rejects %j", async (args, words) => {
  const { code, stderr } = await cli("dev", "--api-key", "bench-key-0123456789", ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("bench-key");
});
