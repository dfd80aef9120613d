import { afterEach, expect, test } from "vitest";
import { type Receiver, startReceiver } from "./receiver.ts";

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

const post = async (url: string, body = "{}") => (await fetch(url, { method: "POST", body })).status;

test("each delivery is kept at its own destination, as bytes, and answered as asked for", async () => {
  receiver = await startReceiver({});
  const [kept, gone] = [receiver.destination(), receiver.destination(410)];
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
