import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { brotliCompress, createGunzip, gunzip, gzip } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

const sleep = (clock: VirtualClock, ms: number) =>
  new Promise<void>((resolve) => clock.setTimer(resolve, ms));

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Fails if an hour of virtual time passes before the work is done. */
async function takesNoTime<Result>(work: (clock: VirtualClock) => Promise<Result>): Promise<Result> {
  const clock = createVirtualClock();
  let hasPassed = false;
  clock.setTimer(() => {
    hasPassed = true;
  }, 1);
  const result = await clock.run(async () => {
    const done = await work(clock);
    expect(hasPassed).toBe(false);
    return done;
  });
  return result;
}

describe("timers", () => {
  it("run in the order in which they are due, at their time, without waiting", async () => {
    const clock = createVirtualClock({ startAt: 1_000 });
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    const startedAt = performance.now();
    clock.setTimer(note("an hour"), 3_600_000);
    clock.setTimer(note("a second"), 1_000);
    clock.setTimer(note("another second"), 1_000);
    clock.setTimer(note("cancelled"), 500)();
    await clock.run(() => sleep(clock, 7_200_000));
    expect(seen).toEqual([
      ["a second", 2_000],
      ["another second", 2_000],
      ["an hour", 3_601_000],
    ]);
    expect(clock.now()).toBe(7_201_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("do not run outside run and advance", async () => {
    const clock = createVirtualClock();
    const start = clock.now();
    let ran = 0;
    clock.setTimer(() => {
      ran += 1;
    }, 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([ran, clock.now() - start]).toEqual([0, 0]);
    await clock.advance(9);
    expect([ran, clock.now() - start]).toEqual([0, 9]);
    await clock.advance(1);
    expect([ran, clock.now() - start]).toEqual([1, 10]);
  });

  it("advance through work that sets one timer after another", async () => {
    const clock = createVirtualClock();
    const start = clock.now();
    await clock.run(async () => {
      for (let second = 0; second < 100; second += 1) await sleep(clock, 1_000);
    });
    expect(clock.now() - start).toBe(100_000);
  });

  it("serve two runs at once, each until its own work has settled", async () => {
    const clock = createVirtualClock();
    const start = clock.now();
    const ends = await Promise.all(
      [5_000, 2_000].map((ms) => clock.run(() => sleep(clock, ms).then(() => clock.now() - start))),
    );
    expect(ends).toEqual([5_000, 2_000]);
  });
});

describe("run", () => {
  it("rejects when polling exceeds the maximum virtual time", async () => {
    const clock = createVirtualClock();
    let isOver = false;
    const poll = async () => {
      while (!isOver) await sleep(clock, 60_000);
    };
    await expect(clock.run(poll, { maxSeconds: 3_600 })).rejects.toMatchObject({
      code: "virtual_time_limit",
    });
    isOver = true;
    await clock.advance(60_000);
  });

  it("rejects with what the work throws", async () => {
    await expect(createVirtualClock().run(() => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  });
});

describe("time stands still while", () => {
  it("requests and their bodies travel over sockets", async () => {
    const url = await serve((request, response) => {
      request.pipe(response);
    });
    const body = "x".repeat(1_000_000);
    const texts = await takesNoTime(() =>
      Promise.all(Array.from({ length: 8 }, async () => (await fetch(url, { method: "POST", body })).text())),
    );
    expect(texts.every((text) => text === body)).toBe(true);
  });

  it("a connection is refused, cut by the server, or closed by it", async () => {
    const cutting = await serve((request) => request.socket.destroy());
    const closing = await serve((_, response) => response.setHeader("connection", "close").end("bye"));
    const [first, second, third] = await takesNoTime(async () => {
      const failed = (url: string) => fetch(url).then(String, () => "failed");
      return [
        await failed("http://127.0.0.1:1/"),
        await failed(cutting),
        await (await fetch(closing)).text(),
      ];
    });
    expect([first, second, third]).toEqual(["failed", "failed", "bye"]);
  });

  it("a client hangs up and the server has not noticed", async () => {
    const hungUp = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      response.once("close", hungUp.resolve);
      arrived.resolve();
    });
    await takesNoTime(async () => {
      const enough = new AbortController();
      const asked = fetch(url, { signal: enough.signal }).catch(() => {});
      await arrived.promise;
      enough.abort();
      await Promise.all([asked, hungUp.promise]);
    });
  });

  it("the thread pool reads files, compresses or computes", async () => {
    const text = "compressible ".repeat(200_000);
    const unpacked = await takesNoTime(async () => {
      await readFile(new URL(import.meta.url));
      await crypto.subtle.digest("SHA-256", Buffer.from(text));
      await promisify(brotliCompress)(text);
      return promisify(gunzip)(await promisify(gzip)(text));
    });
    expect(unpacked.toString()).toBe(text);
  });

  it("a child process runs", async () => {
    const [code] = await takesNoTime(() => once(spawn("sleep", ["0.2"]), "exit"));
    expect(code).toBe(0);
  });

  it("the process itself computes, and while it waits for setImmediate", async () => {
    await takesNoTime(async () => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      for (const end = performance.now() + 100; performance.now() < end; );
      await new Promise((resolve) => setImmediate(resolve));
    });
  });
});

describe("time advances while", () => {
  it("a server lets an answer wait for a timer", async () => {
    const clock = createVirtualClock();
    const url = await serve(async (_, response) => {
      await sleep(clock, 14_500);
      response.end("slow");
    });
    const start = clock.now();
    const text = await clock.run(async () => (await fetch(url)).text());
    expect([text, clock.now() - start]).toEqual(["slow", 14_500]);
  });

  it("a server waits for a timer before it reads a large body", async () => {
    const clock = createVirtualClock();
    const url = await serve(async (request, response) => {
      await sleep(clock, 1_000);
      request.resume().once("end", () => response.end("read"));
    });
    // The size of a body: more than the server reads ahead, and less than the connection holds.
    const body = "x".repeat(1_000_000);
    const text = await clock.run(async () => (await fetch(url, { method: "POST", body })).text());
    expect(text).toBe("read");
  });

  it("an answer never comes, so that the caller's timeout ends the request", async () => {
    const clock = createVirtualClock();
    const url = await serve(() => {});
    const timeout = new AbortController();
    clock.setTimer(() => timeout.abort(new Error("too slow")), 30_000);
    await expect(clock.run(() => fetch(url, { signal: timeout.signal }))).rejects.toThrow("too slow");
  });

  it("a decompression has failed, was stopped, or waits for a reader", async () => {
    const clock = createVirtualClock();
    await expect(promisify(gunzip)("not compressed")).rejects.toThrow("incorrect header check");
    const packed = await promisify(gzip)("x".repeat(10_000_000));
    const [stopped, unread] = [createGunzip().end(packed), createGunzip().end(packed)];
    await Promise.all([once(stopped, "readable"), once(unread, "readable")]);
    stopped.destroy();
    await clock.advance(1_000);
    expect((await unread.toArray()).join("").length).toBe(10_000_000);
  });

  it("connections are idle, as those that are kept alive", async () => {
    const clock = createVirtualClock();
    const url = await serve((_, response) => response.end("ok"));
    await Promise.all(Array.from({ length: 10 }, async () => (await fetch(url)).text()));
    await clock.advance(1_000_000);
    expect(await (await fetch(url)).text()).toBe("ok");
  });
});

it("orders responses only by virtual time, however long the computing takes", async () => {
  const clock = createVirtualClock();
  const url = await serve(async (request, response) => {
    const ms = Number(request.headers["x-ms"]);
    await sleep(clock, ms);
    for (const end = performance.now() + Math.random() * 5; performance.now() < end; );
    response.end(String(ms));
  });
  const order: number[] = [];
  const delays = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) + 1);
  await clock.run(() =>
    Promise.all(
      delays.map(async (ms) => {
        const response = await fetch(url, { headers: { "x-ms": String(ms) } });
        await response.text();
        order.push(ms);
      }),
    ),
  );
  expect(order).toEqual(delays.toSorted((a, b) => a - b));
});
