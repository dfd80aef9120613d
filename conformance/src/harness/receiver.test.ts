import { afterEach, expect, test } from "vitest";
import { status } from "./programmed-answer.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

const post = async (url: string, body = "{}") => (await fetch(url, { method: "POST", body })).status;

test("each delivery is kept at its own destination, as bytes, and answered as asked for", async () => {
  receiver = await startReceiver({});
  const [kept, gone] = [receiver.destination(), receiver.destination(() => status(410))];
  expect([await post(kept, "\u00e9"), await post(gone)]).toEqual([204, 410]);
  expect(receiver.deliveriesTo(kept).map(({ bodyBase64 }) => bodyBase64)).toEqual(["w6k="]);
  expect(receiver.deliveriesTo(gone).map(({ answeredStatus }) => answeredStatus)).toEqual([410]);
  expect((await fetch(kept)).status).toBe(405);
  expect(await post(new URL("/guessed", kept).href)).toBe(404);
});

test.each(["/hooks/of/conformance/", ""])(
  "behind a proxy at %j it is found whether or not the proxy strips its path",
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

test("attempts at each delivery are answered as programmed, each by itself", async () => {
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

test("an attempt is known again by its body where its id has changed", async () => {
  receiver = await startReceiver({});
  const destination = receiver.destination((attempt) => status(attempt === 1 ? 500 : 204));
  const attempt = async (id: string) =>
    (await fetch(destination, { method: "POST", body: "{}", headers: { "webhook-id": id } })).status;
  expect([await attempt("one"), await attempt("another")]).toEqual([500, 204]);
});

test("who is redirected and follows is seen where the redirect leads", async () => {
  receiver = await startReceiver({});
  const elsewhere = receiver.destination();
  const destination = receiver.destination(() => ({ kind: "redirect" }), elsewhere);
  await fetch(destination, { method: "POST", body: "{}", redirect: "manual" });
  expect(receiver.deliveriesTo(elsewhere)).toEqual([]);
  await fetch(destination, { method: "POST", body: "{}" });
  expect(receiver.deliveriesTo(elsewhere)).toHaveLength(1);
});

test("who hangs up before the answer is seen to, and how long that took; who waits is not", async () => {
  receiver = await startReceiver({});
  const slow = receiver.destination(() => ({ kind: "slow", seconds: 0.3 }));
  const cut = receiver.destination(() => ({ kind: "reset" }));
  await fetch(slow, { method: "POST", body: "{}", signal: AbortSignal.timeout(100) }).catch(() => {});
  await fetch(cut, { method: "POST", body: "{}" }).catch(() => {});
  expect(await post(slow)).toBe(204);
  const [impatient, patient] = receiver.deliveriesTo(slow);
  expect(impatient).toMatchObject({ answeredStatus: null });
  expect(impatient?.hungUpAfterSeconds).toBeGreaterThanOrEqual(0.05);
  expect(impatient?.hungUpAfterSeconds).toBeLessThan(0.3);
  expect(patient).toMatchObject({ answeredStatus: 204 });
  expect(patient?.hungUpAfterSeconds).toBeUndefined();
  const [broken] = receiver.deliveriesTo(cut);
  expect(broken).toMatchObject({ answeredStatus: null });
  expect(broken?.hungUpAfterSeconds).toBeUndefined();
});
