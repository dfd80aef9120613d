import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { afterEach, expect, test } from "vitest";
import { startTimeout } from "./clock.ts";
import { status } from "./programmed-answer.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

const post = async (url: string, body = "{}") => (await fetch(url, { method: "POST", body })).status;

test("records each delivery at its own destination, byte for byte, and responds as programmed", async () => {
  receiver = await startReceiver({});
  const [kept, gone] = [receiver.destination(), receiver.destination(() => status(410))];
  expect([await post(kept, "\u00e9"), await post(gone)]).toEqual([204, 410]);
  expect(receiver.deliveriesTo(kept).map(({ bodyBase64 }) => bodyBase64)).toEqual(["w6k="]);
  expect(receiver.deliveriesTo(gone).map(({ answeredStatus }) => answeredStatus)).toEqual([410]);
  expect((await fetch(kept)).status).toBe(405);
  expect(await post(new URL("/guessed", kept).href)).toBe(404);
});

test.each(["/hooks/of/conformance/", ""])(
  "finds a destination behind a proxy at %j whether or not the proxy strips its path",
  async (path) => {
    receiver = await startReceiver({ publicUrl: `https://tunnel.example${path}`, port: 0 });
    const destination = new URL(receiver.destination());
    expect(destination.href).toMatch(
      /^https:\/\/tunnel\.example\/(?:hooks\/of\/conformance\/)?[0-9a-f]{32}$/,
    );
    const name = destination.pathname.split("/").at(-1);
    const local = `http://127.0.0.1:${receiver.port}`;
    expect(await post(`${local}${destination.pathname}`)).toBe(204);
    expect(await post(`${local}/${name}`)).toBe(204);
    expect(receiver.deliveriesTo(destination.href)).toHaveLength(2);
  },
);

test("counts the attempts at each delivery separately", async () => {
  receiver = await startReceiver({});
  const programme = (attempt: number) => (attempt < 3 ? status(503, 7) : status(204));
  const destination = receiver.destination(programme);
  const attempt = async (id: string) => {
    const response = await fetch(destination, {
      method: "POST",
      body: `"${id}"`,
      headers: { "webhook-id": id },
    });
    return [response.status, response.headers.get("retry-after")];
  };
  const answers = [];
  for (const id of ["one", "one", "other", "one"]) answers.push(await attempt(id));
  expect(answers).toEqual([
    [503, "7"],
    [503, "7"],
    [503, "7"],
    [204, null],
  ]);
  expect(receiver.deliveriesTo(destination).map(({ answeredStatus }) => answeredStatus)).toEqual([
    503, 503, 503, 204,
  ]);
});

test("recognises a retry by its body if its id has changed", async () => {
  receiver = await startReceiver({});
  const destination = receiver.destination((attempt) => status(attempt === 1 ? 500 : 204));
  const attempt = async (id: string) =>
    (await fetch(destination, { method: "POST", body: "{}", headers: { "webhook-id": id } })).status;
  expect([await attempt("one"), await attempt("another")]).toEqual([500, 204]);
});

test("records a sender that follows a redirect at the target", async () => {
  receiver = await startReceiver({});
  const elsewhere = receiver.destination();
  const destination = receiver.destination(() => ({ kind: "redirect" }), elsewhere);
  await fetch(destination, { method: "POST", body: "{}", redirect: "manual" });
  expect(receiver.deliveriesTo(elsewhere)).toEqual([]);
  await fetch(destination, { method: "POST", body: "{}" });
  expect(receiver.deliveriesTo(elsewhere)).toHaveLength(1);
});

test("records how long a sender waited before it hung up, only for senders that hang up", async () => {
  const clock = createVirtualClock();
  receiver = await startReceiver({ clock });
  const slow = receiver.destination(() => ({ kind: "slow", seconds: 30 }));
  const cut = receiver.destination(() => ({ kind: "reset" }));
  await clock.run(async () => {
    const { signal } = startTimeout(clock, 10_000);
    await fetch(slow, { method: "POST", body: "{}", signal }).catch(() => {});
    await fetch(cut, { method: "POST", body: "{}" }).catch(() => {});
    expect(await post(slow)).toBe(204);
  });
  const [impatient, patient] = receiver.deliveriesTo(slow);
  expect(impatient).toMatchObject({ answeredStatus: null });
  expect(impatient?.hungUpAfterSeconds).toBeGreaterThanOrEqual(9.9);
  expect(impatient?.hungUpAfterSeconds).toBeLessThan(10.1);
  expect(patient).toMatchObject({ answeredStatus: 204 });
  expect(patient?.hungUpAfterSeconds).toBeUndefined();
  const [broken] = receiver.deliveriesTo(cut);
  expect(broken).toMatchObject({ answeredStatus: null });
  expect(broken?.hungUpAfterSeconds).toBeUndefined();
});

test("waits for deliveries until they are there, time is up, or the run is interrupted", async () => {
  const clock = createVirtualClock();
  const started = await startReceiver({ clock });
  receiver = started;
  const destination = started.destination();
  const interrupt = new AbortController();
  const wait = (count: number, seconds: number) =>
    started.waitUntil(destination, ({ length }) => length >= count, { seconds, signal: interrupt.signal });
  const startedAt = clock.now();
  expect(await clock.run(() => wait(1, 60))).toBe(false);
  expect(Math.round((clock.now() - startedAt) / 1000)).toBe(60);
  const [arrived] = await clock.run(() => Promise.all([wait(1, 60), post(destination)]));
  expect([arrived, await wait(1, 0)]).toEqual([true, true]);
  const waiting = wait(2, 60);
  interrupt.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("gives a copy of a request the answer of the request, and counts it as the same attempt", async () => {
  const receiver = await startReceiver({});
  const destination = receiver.destination((attempt) => status(attempt === 1 ? 503 : 204));
  const post = async (timestamp: string) => {
    const headers = {
      "webhook-id": "evt_1",
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${timestamp}`,
    };
    return (await fetch(destination, { method: "POST", headers, body: "{}" })).status;
  };
  expect(await Promise.all([post("1"), post("1")])).toEqual([503, 503]);
  expect(await post("2")).toBe(204);
  const [first, copy, retry] = receiver.deliveriesTo(destination);
  expect([first?.copyOf, copy?.copyOf, retry?.copyOf]).toEqual([undefined, first?.id, undefined]);
  await receiver.close();
});

/** Starts a receiver for two URLs that were registered by hand, behind a proxy that strips the first segment of a path. */
const startServing = () =>
  startReceiver({ endpointUrls: ["https://tunnel.example/hooks/one", "https://tunnel.example/hooks/two"] });

/** Posts a delivery to a path of the local port. */
const deliver = async (to: Receiver, path: string, id: string) =>
  (
    await fetch(`http://127.0.0.1:${to.port}${path}`, {
      method: "POST",
      body: `{"id":"${id}"}`,
      headers: { "webhook-id": id },
    })
  ).status;

/** Returns the ids of the deliveries to a destination. */
const idsAt = (to: Receiver, destination: string) =>
  to.deliveriesTo(destination).map(({ headers }) => headers["webhook-id"]);

test("serves the paths of registered URLs, as they are and without the segments that a proxy strips", async () => {
  receiver = await startServing();
  const [one = "", two = ""] = receiver.served;
  const answers = [];
  for (const [path, id] of [
    ["/hooks/one", "a"],
    ["/one", "b"],
    ["/two", "c"],
    ["/three", "d"],
    ["/", "e"],
  ] as const)
    answers.push(await deliver(receiver, path, id));
  expect(answers).toEqual([204, 204, 204, 404, 404]);
  expect([idsAt(receiver, one), idsAt(receiver, two)]).toEqual([["a", "b"], ["c"]]);
});

test("a loan starts empty, and gets no retry of an older delivery", async () => {
  receiver = await startServing();
  const [one = ""] = receiver.served;
  await deliver(receiver, "/hooks/one", "before");
  const loan = receiver.lend(one);
  expect(receiver.deliveriesTo(loan)).toEqual([]);
  await deliver(receiver, "/hooks/one", "before");
  await deliver(receiver, "/hooks/one", "new");
  await deliver(receiver, "/hooks/two", "elsewhere");
  const later = receiver.lend(one);
  await deliver(receiver, "/hooks/one", "new");
  expect(idsAt(receiver, loan)).toEqual(["new", "new"]);
  expect(idsAt(receiver, later)).toEqual([]);
  expect(idsAt(receiver, one)).toEqual(["before", "before", "new", "new"]);
});

test("a registered URL fails only while it is lent, and accepts the retries of that time afterwards", async () => {
  receiver = await startServing();
  const [one = ""] = receiver.served;
  const watching = receiver.lend(one);
  const failing = receiver.lend(one, (attempt) => status(attempt < 3 ? 503 : 410));
  const during = [];
  for (const id of ["a", "a", "b"]) during.push(await deliver(receiver, "/hooks/one", id));
  receiver.endLoan(failing);
  const after = [];
  for (const id of ["a", "b", "c"]) after.push(await deliver(receiver, "/hooks/one", id));
  expect([during, after]).toEqual([
    [503, 503, 503],
    [204, 204, 204],
  ]);
  expect(idsAt(receiver, failing)).toEqual(["a", "a", "b", "a", "b"]);
  expect(idsAt(receiver, watching)).toEqual(["a", "a", "b", "a", "b", "c"]);
});

test("the end of a loan cuts the connections that wait for a response, and does not count them as hung up", async () => {
  receiver = await startServing();
  const [one = ""] = receiver.served;
  const silent = receiver.lend(one, () => ({ kind: "hang" }));
  const outcome = deliver(receiver, "/hooks/one", "a").then(String, () => "cut");
  const { signal } = new AbortController();
  await receiver.waitUntil(silent, (deliveries) => deliveries.length > 0, { seconds: 30, signal });
  receiver.endLoan(silent);
  expect(await outcome).toBe("cut");
  expect(receiver.deliveriesTo(silent)[0]).not.toHaveProperty("hungUpAfterSeconds");
});
