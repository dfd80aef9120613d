import type { LookupAddress } from "node:dns";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createGuardedAgent } from "@convergint/internal/guarded-agent";
import { createSigner, generateSecret } from "@convergint/webhooks";
import { describe, expect, it } from "vitest";
import { startReceiver } from "../testing/receiver.ts";
import { verifies } from "../testing/world.ts";
import { attempt, attemptThrough } from "./attempt.ts";
import { createDestinationPolicy } from "./destination.ts";

const secret = generateSecret();
const event = { id: "evt_1", body: '{"id":"evt_1"}' };
const delivery = (url: string) => ({ url, ...event, keys: secret });
const prepared = (url: string) => ({ url, ...event, sign: createSigner({ keys: secret }) });
/**
 * The timeout is so long that even a busy machine does not reach it. Tests with a hanging receiver set a
 * shorter timeout.
 */
const sandbox = { allowLoopback: true, timeoutSeconds: 60 };
const impatient = { ...sandbox, timeoutSeconds: 0.2 };
/** A self-signed certificate for localhost. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgU6Iitzb13yovpZis
nW+lE0QtaNWL7jCudUkCow50IOyhRANCAAQ7tjCiPeBYrYCWAhZIfpSfhWX4fKcS
/F3e2uNYPGxPrafaJnexwBrR250ZdpZlJ+BltpfhdkBdVUxTq8wvoEnC
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUEk7hsRYIxfjiNAlAp5uKf0Z78xkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEzMDgzMVoYDzIxMjYxMDMw
MTMwODMxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ7tjCiPeBYrYCWAhZIfpSfhWX4fKcS/F3e2uNYPGxPrafaJnexwBrR
250ZdpZlJ+BltpfhdkBdVUxTq8wvoEnCo2kwZzAdBgNVHQ4EFgQUsCs3trV2ODTu
2EmsadVyBxOZCnEwHwYDVR0jBBgwFoAUsCs3trV2ODTu2EmsadVyBxOZCnEwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAIXFnUa4TPzlhYfBrSuWrWdyQF/kuOCyZ7TKzROfek+BAiBKzUjhwvFN
PLsEXyg1jy1Bn2br+54opRbQFsn8+7JRgQ==
-----END CERTIFICATE-----
`;
const refused = { kind: "failed", reason: "destination_refused" };

describe("attempt", () => {
  it("posts the body, signed", async () => {
    await using hooks = await startReceiver(201);
    const outcome = await attempt(delivery(hooks.url), sandbox);
    expect(outcome).toEqual({ kind: "answered", status: 201 });
    const [came] = hooks.received;
    if (!came) throw new Error("nothing came");
    expect(came).toMatchObject({
      id: "evt_1",
      body: '{"id":"evt_1"}',
      headers: { "content-type": "application/cloudevents+json", "user-agent": "convergint-delivery" },
    });
    expect(await verifies(came, secret)).toBe(true);
  });

  it.each([
    ["a redirect", { status: 307, headers: { location: "http://127.0.0.1:9/" } }, { status: 307 }],
    [
      "a Retry-After in seconds",
      { status: 429, headers: { "retry-after": "7" } },
      { status: 429, retryAfterSeconds: 7 },
    ],
    ["a very large body", { status: 500, body: "x".repeat(1e6) }, { status: 500 }],
  ])("returns the status of %s", async (_name, reply, answered) => {
    await using hooks = await startReceiver(reply);
    expect(await attempt(delivery(hooks.url), sandbox)).toEqual({ kind: "answered", ...answered });
  });

  it("reports receivers that do not respond", async () => {
    await using hooks = await startReceiver("reset", "hang");
    expect(await attempt(delivery(hooks.url), sandbox)).toMatchObject({ reason: "unreachable" });
    expect(await attempt(delivery(hooks.url), impatient)).toMatchObject({ reason: "timeout" });
    await hooks.die();
    const dead = await attempt(delivery(hooks.url), sandbox);
    expect(dead).toEqual({ kind: "failed", reason: "unreachable", detail: "ECONNREFUSED" });
  });

  it("waits for a response as long as it says, not longer because connecting was fast", async () => {
    await using hooks = await startReceiver("hang");
    const limits: number[] = [];
    const clock = {
      now: () => Date.now(),
      setTimer(callback: () => void, ms: number) {
        limits.push(ms);
        // The limit of the response ends at once.
        const timer = setTimeout(callback, limits.length === 1 ? ms : 0);
        return () => clearTimeout(timer);
      },
    };
    const agent = createGuardedAgent(createDestinationPolicy(sandbox));
    const options = { timeoutSeconds: 15, clock };
    expect(await attemptThrough(agent, prepared(hooks.url), options)).toMatchObject({ reason: "timeout" });
    expect(limits).toEqual([20_000, 15_000]);
    await agent.destroy();
  });

  it("returns at the status, however slow the body", async () => {
    const dripping = createHttpServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("x"), 50);
      response.once("close", () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => dripping.listen(0, "127.0.0.1", resolve));
    const { port } = dripping.address() as AddressInfo;
    const began = Date.now();
    const outcome = await attempt(delivery(`http://127.0.0.1:${port}/`), { ...sandbox, timeoutSeconds: 30 });
    expect(outcome).toEqual({ kind: "answered", status: 200 });
    // Without the limit on reading the body, the attempt would last for the whole timeout.
    expect(Date.now() - began).toBeLessThan(25_000);
    dripping.closeAllConnections();
    dripping.close();
  });

  it("aborts with the signal, without an outcome", async () => {
    await using hooks = await startReceiver("hang");
    const reason = new Error("closing");
    const stopping = new AbortController();
    const attempting = attempt(delivery(hooks.url), { allowLoopback: true, signal: stopping.signal });
    await hooks.receives(1);
    stopping.abort(reason);
    await expect(attempting).rejects.toBe(reason);
    await expect(attempt(delivery(hooks.url), { ...sandbox, signal: stopping.signal })).rejects.toBe(reason);
    expect(hooks.received).toHaveLength(1);
  });

  it.each([
    [{ ...delivery("http://127.0.0.1:9/"), id: "evt.1" }, "invalid_id"],
    [{ ...delivery("http://127.0.0.1:9/"), keys: [] }, "no_keys"],
  ])("cannot sign %j", async (wrong, code) => {
    await expect(attempt(wrong, sandbox)).rejects.toMatchObject({ code });
  });

  it("trusts only certificates of public roots", async () => {
    const server = createServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = await attempt(delivery(`https://localhost:${port}/`), sandbox);
    expect(outcome).toEqual({ kind: "failed", reason: "unreachable", detail: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    server.close();
  });
});

describe("the address connected to", () => {
  it.each([
    "http://127.0.0.1",
    "https://127.0.0.1",
    "http://[::1]",
    "http://[::ffff:127.0.0.1]",
    "http://0x7f000001",
    "http://localhost",
    "https://localhost",
    "http://169.254.169.254",
    "https://10.0.0.1",
    "http://8.8.8.8",
    "https://[64:ff9b::7f00:1]",
  ])("is not %s", async (origin) => {
    await using hooks = await startReceiver(204);
    const url = `${origin}:${new URL(hooks.url).port}/`;
    expect(await attempt(delivery(url), { timeoutSeconds: 60 })).toMatchObject(refused);
    expect(hooks.open.max).toBe(0);
  });

  it.each(["https://10.0.0.1/", "http://8.8.8.8/", "https://[fd00::1]/", "http://[::]/"])(
    "is not %s, in a sandbox either",
    async (url) => {
      expect(await attempt(delivery(url), sandbox)).toMatchObject(refused);
    },
  );

  /** An agent with a fake resolver, and the names that it resolved. */
  const resolving = (answers: string[][], allowLoopback: boolean) => {
    const asked: string[] = [];
    const policy = createDestinationPolicy({ allowLoopback }, (hostname, _options, callback) => {
      const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
      asked.push(hostname);
      const found = addresses.map(
        (address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }),
      );
      callback(null, found);
    });
    return { agent: createGuardedAgent(policy), asked };
  };

  it.each([
    ["this machine", ["127.0.0.1"]],
    ["this machine, by IPv6", ["::1"]],
    ["the vendor's own network", ["10.0.0.1", "192.168.0.1", "fd00::1"]],
    ["the cloud's metadata", ["169.254.169.254"]],
    ["an IPv4 address in disguise", ["::ffff:10.0.0.1", "64:ff9b::a00:1"]],
  ])("is not one that a public name resolves to: %s", async (_name, addresses) => {
    await using hooks = await startReceiver(204);
    const { agent } = resolving([addresses], false);
    const url = `https://hooks.example.com:${new URL(hooks.url).port}/`;
    expect(await attemptThrough(agent, prepared(url), { timeoutSeconds: 60 })).toMatchObject(refused);
    expect(hooks.open.max).toBe(0);
    await agent.destroy();
  });

  it("is one of those checked, and the name is resolved once", async () => {
    await using hooks = await startReceiver(204);
    // Loopback is allowed here so that the agent can connect to the test's receiver. The agent must not try
    // the private address.
    const { agent, asked } = resolving([["10.255.255.1", "127.0.0.1"], ["10.255.255.1"]], true);
    const url = `http://hooks.example.com:${new URL(hooks.url).port}/`;
    expect(await attemptThrough(agent, prepared(url))).toEqual({ kind: "answered", status: 204 });
    expect(asked).toEqual(["hooks.example.com"]);
    // When the agent connects again, the name resolves only to the private address.
    await hooks.die();
    await hooks.comeBack();
    await expect
      .poll(() => attemptThrough(agent, prepared(url), { timeoutSeconds: 60 }))
      .toMatchObject(refused);
    expect(hooks.received).toHaveLength(1);
    await agent.destroy();
  });

  it("may be in a private network that is allowed, with or without TLS, and only there", async () => {
    await using hooks = await startReceiver(204);
    const options = { allowPrivateNetworks: ["127.0.0.0/30"], timeoutSeconds: 60 };
    expect(await attempt(delivery(hooks.url), options)).toEqual({ kind: "answered", status: 204 });
    const outside = hooks.url.replace("127.0.0.1", "127.0.0.5");
    expect(await attempt(delivery(outside), options)).toMatchObject({
      ...refused,
      detail: expect.stringContaining('allowPrivateNetworks: ["127.0.0.5"]'),
    });
    await expect(
      attempt(delivery(hooks.url), { allowPrivateNetworks: ["127.0.0.0/33"] }),
    ).rejects.toMatchObject({ code: "invalid_option" });
  });

  it("is reached without TLS only on this machine", async () => {
    const { agent } = resolving([["8.8.8.8"]], true);
    const outcome = await attemptThrough(agent, prepared("http://hooks.example.com/"), {
      timeoutSeconds: 60,
    });
    expect(outcome).toMatchObject(refused);
    await agent.destroy();
  });
});
