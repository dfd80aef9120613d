import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { explainListenError, explainOldNode, explainTlsError } from "./cli-errors.ts";

test.each([
  ["20.20.2", "tool: Node 20.20.2 is too old. Run Node 22.18 or later."],
  ["22.17.9", "tool: Node 22.17.9 is too old. Run Node 22.18 or later."],
  ["22.18.0", null],
  ["24.0.0", null],
])("explains whether Node %s is too old for >=22.18", (running, sentence) => {
  expect(explainOldNode("tool", ">=22.18", running)).toBe(sentence);
});

test("explains what to do about a port that is in use or an address that this machine does not have", async () => {
  const first = createServer().listen(0, "127.0.0.1");
  await once(first, "listening");
  const { port } = first.address() as AddressInfo;
  const listen = (...where: [number, string]) => {
    const server = createServer();
    return new Promise((resolve) => {
      server.on("error", (error) => resolve(explainListenError(error))).listen(...where);
    });
  };
  expect(await listen(port, "127.0.0.1")).toMatch(/^Port \d+ is in use\. .*choose another port/);
  expect(await listen(0, "192.0.2.1")).toMatch(/does not have the address 192\.0\.2\.1/);
  expect(explainListenError(new Error("other"))).toBeNull();
  first.close();
});

test("explains an https URL of a port without TLS", async () => {
  const plain = createServer().listen(0, "127.0.0.1");
  await once(plain, "listening");
  const { port } = plain.address() as AddressInfo;
  const error: unknown = await fetch(`https://127.0.0.1:${port}/`).catch((thrown) => thrown);
  expect(explainTlsError(error)).toBe(
    "the server does not speak TLS on this port; use http:// or the port for https",
  );
  expect(explainTlsError(new Error("other"))).toBeNull();
  plain.close();
});
