import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { createGuardedFetch } from "@convergint/internal/guarded-agent";
import { createOutgoingPolicy } from "@convergint/internal/outgoing-policy";
import { type ProxySettings, readProxy } from "@convergint/internal/proxy";
import { parseNetworks } from "@convergint/internal/public-address";
import { PROXY_PASSWORD, startConnectProxy } from "@convergint/testing/connect-proxy";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOutbox } from "../outbox.ts";
import { attempt } from "./attempt.ts";

const service = createServer((request, response) => response.end(request.headers.host));
let port = 0;
beforeAll(async () => {
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  port = (service.address() as AddressInfo).port;
});
afterAll(() => service.close().closeAllConnections());

const NAMES: Readonly<Record<string, readonly string[]>> = {
  "vendor.example.com": ["2606:4700::1111", "8.8.4.4", "8.8.8.8"],
  "rebound.example.com": ["10.0.0.1"],
  "metadata.example.com": ["169.254.169.254"],
  "own.example.com": ["127.0.0.1"],
  localhost: ["127.0.0.1", "::1"],
};

interface Given {
  readonly dns?: ProxySettings["dns"];
  readonly networks?: readonly string[];
  /** Whether to allow http to public addresses, so that the test needs no certificate. */
  readonly allowHttp?: boolean;
  readonly answer?: (authority: string) => { readonly port: number } | { readonly status: number };
}

/** Calls a URL through a proxy. @returns the response or the cause of the failure, and what the proxy was asked for */
async function callThrough(url: string, given: Given = {}) {
  const { dns, networks = [], allowHttp = true, answer = () => ({ port }) } = given;
  const proxy = await startConnectProxy(answer);
  const policy = createOutgoingPolicy({
    networks: parseNetworks(networks),
    allowWith: (address) => `--allow ${address}`,
    allowHttp,
    resolve(hostname, _options, callback) {
      const found = NAMES[hostname];
      if (!found) return callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
      callback(
        null,
        found.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    },
  });
  const guarded = createGuardedFetch(policy, readProxy({ url: proxy.url, dns }));
  const outcome = await guarded.fetch(url).then(
    async (response) => `${response.status} ${await response.text()}`,
    ({ cause }: { readonly cause: Error & { readonly code: string } }) => `${cause.code}: ${cause.message}`,
  );
  await guarded.close();
  await proxy.close();
  expect(outcome).not.toContain(PROXY_PASSWORD);
  return { outcome, asked: proxy.asked };
}

describe("a proxy is given", () => {
  test("the address that was checked, IPv4 first, and the destination gets the name", async () => {
    expect(await callThrough("http://vendor.example.com/")).toEqual({
      outcome: "200 vendor.example.com",
      asked: ["8.8.4.4:80"],
    });
  });

  test("the next address if it cannot connect to the first", async () => {
    const answer = (authority: string) => (authority.startsWith("8.8.4.4") ? { status: 502 } : { port });
    expect((await callThrough("http://vendor.example.com:8080/", { answer })).asked).toEqual([
      "8.8.4.4:8080",
      "8.8.8.8:8080",
    ]);
  });

  test("the name, with remote DNS", async () => {
    const { outcome, asked } = await callThrough("http://unknown.example.com/", { dns: "remote" });
    expect([outcome, asked]).toEqual(["200 unknown.example.com", ["unknown.example.com:80"]]);
  });

  test.each([
    ["http://10.0.0.1/", {}],
    ["http://127.0.0.1/", { dns: "remote" }],
    ["http://[::ffff:169.254.169.254]/", { dns: "remote" }],
    ["http://rebound.example.com/", {}],
    ["http://metadata.example.com/", {}],
    ["http://localhost/", {}],
    ["http://localhost/", { dns: "remote" }],
    ["http://intranet/", { dns: "remote" }],
    ["http://vault.internal./", { dns: "remote" }],
    ["http://rebound.example.com/", { dns: "remote", networks: ["127.0.0.0/8"] }],
    ["http://vendor.example.com/", { allowHttp: false }],
    ["http://vendor.example.com/", { dns: "remote", allowHttp: false }],
  ] as const)("nothing for %s (%j)", async (url, given) => {
    const { outcome, asked } = await callThrough(url, given);
    expect([outcome, asked]).toEqual([expect.stringMatching(/^destination_refused: /), []]);
  });

  test.each([
    ["an address", "127.0.0.1", {}],
    ["a name", "own.example.com", {}],
    ["a name, with remote DNS", "own.example.com", { dns: "remote" }],
  ] as const)("nothing for %s of a network that the operator allows", async (_, host, given) => {
    const url = `http://${host}:${port}/`;
    const { outcome, asked } = await callThrough(url, { networks: ["127.0.0.0/8"], ...given });
    expect([outcome, asked]).toEqual([`200 ${host}:${port}`, []]);
  });
});

test.each([
  [407, "user name"],
  [403, "remote DNS"],
  [504, "can reach"],
])("says what to do when the proxy answers %d", async (status, advice) => {
  const { outcome } = await callThrough("http://8.8.8.8/", { answer: () => ({ status }) });
  expect(outcome).toMatch(
    new RegExp(`^proxy_failed: The proxy http://127\\.0\\.0\\.1:\\d+ answered ${status} .*${advice}`),
  );
});

test("says that a name cannot be resolved here, and that the proxy may be able to", async () => {
  const { outcome, asked } = await callThrough("http://unknown.example.com/");
  expect([outcome, asked]).toEqual([expect.stringMatching(/^proxy_failed: .*ENOTFOUND.*remote DNS/), []]);
});

test("TLS ends at the destination, whose certificate is checked", async () => {
  const { outcome, asked } = await callThrough("https://vendor.example.com/", { allowHttp: false });
  // The destination of the test speaks no TLS, so the handshake with it fails.
  expect([outcome, asked]).toEqual([expect.stringMatching(/^ERR_SSL_/), ["8.8.4.4:443"]]);
});

test.each([
  "proxy.example:3128",
  `socks5://bob:${PROXY_PASSWORD}@proxy.example`,
  `http://bob:${PROXY_PASSWORD}/x@proxy.example`,
  `http://bob:${PROXY_PASSWORD}@proxy.example/path`,
  "",
])("refuses a malformed proxy without repeating it: case %#", async (url) => {
  const failed = (error: Error) => `${(error as Error & { readonly code: string }).code}: ${error.message}`;
  const outbox = createOutbox({ store: {} as never, encryptionKey: `${"A".repeat(43)}=`, proxy: { url } });
  const messages = [
    await outbox.then(() => "accepted", failed),
    await attempt(
      { url: "https://8.8.8.8/", id: "e", body: "", keys: generateSecret() },
      { proxy: { url } },
    ).then(() => "accepted", failed),
  ];
  for (const message of messages) {
    expect(message).toMatch(/^invalid_option: proxy: Give the proxy as http:/);
    expect(message).not.toContain(PROXY_PASSWORD);
  }
});

test("decodes the password, and shows it neither in messages nor when the proxy is logged", () => {
  const proxy = readProxy({ url: "http://us%40er:pa%2Fss%25@proxy.example:3128" });
  expect(proxy.authorization()).toBe(`Basic ${Buffer.from("us@er:pa/ss%").toString("base64")}`);
  expect(readProxy({ url: "http://u:100%@p.example" }).authorization()).toBe(
    `Basic ${Buffer.from("u:100%").toString("base64")}`,
  );
  expect(inspect(proxy) + JSON.stringify(proxy)).not.toContain("pa");
});

test("an attempt reports a proxy that refuses, and never its password", async () => {
  const proxy = await startConnectProxy(() => ({ status: 403 }));
  const delivery = { url: "https://8.8.8.8/in", id: "evt_1", body: "{}", keys: generateSecret() };
  const outcome = await attempt(delivery, { proxy: { url: proxy.url }, timeoutSeconds: 60 });
  expect(outcome).toMatchObject({ kind: "failed", reason: "unreachable" });
  expect(JSON.stringify(outcome)).toContain("answered 403 to a connection to 8.8.8.8:443");
  expect(JSON.stringify(outcome)).not.toContain(PROXY_PASSWORD);
  await proxy.close();
});
