import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowedMethods, refuseUnparsed } from "./http-refusals.ts";

test.each([
  ["/v1/devices?limit=1", ["GET", "HEAD"]],
  ["/v1/devices/a%2Fb", ["DELETE", "GET"]],
  ["/v1/devices/", []],
  ["/v1/devices/a/b", []],
  ["/v1", []],
])("%s supports %j", (url, methods) => {
  const routes = [
    { method: "GET", url: "/v1/devices" },
    { method: ["HEAD"], url: "/v1/devices" },
    { method: "GET", url: "/v1/devices/:device_id" },
    { method: "DELETE", url: "/v1/devices/:id" },
  ];
  expect(allowedMethods(routes, url)).toEqual(methods);
});

const server = createServer((_, response) => void response.end()).on("clientError", refuseUnparsed);
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
afterAll(() => void server.close());

test.each([
  [
    "headers that are too large",
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(20_000)}\r\n\r\n`,
    431,
    "headers_too_large",
  ],
  ["text that is not HTTP", "no\r\n\r\n", 400, "malformed_request"],
])("answers %s with a problem", async (_, request, status, code) => {
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1", () => socket.write(request));
    socket.on("data", (data) => {
      text += data;
    });
    socket.on("close", () => resolve(text));
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain("content-type: application/problem+json");
  expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status, code });
});
