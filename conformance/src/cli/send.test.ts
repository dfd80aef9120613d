import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EVENT_TYPES, eventSchemaOf } from "@convergint/schemas";
import { generateSecret, verify } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { systemClock } from "../harness/clock.ts";
import { readBody } from "../harness/posted-request.ts";
import { expectCleanOutput, serve, startIn, temporaryFolder } from "./testing/harness.ts";

const SECRET = generateSecret();

interface Received {
  readonly id: string;
  readonly isSigned: boolean;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly time: string;
    readonly data: object;
  };
}

/** Starts a consumer that answers 401 to a wrong signature, and otherwise `status`. */
async function startConsumer(status = 204, body = "") {
  const received: Received[] = [];
  const url = await serve(async (request, response) => {
    const bytes = (await readBody(request, 1_000_000)) ?? Buffer.alloc(0);
    const headers = request.headers as Record<string, string>;
    const isSigned = await verify({ headers, body: bytes, keys: SECRET }).then(
      () => true,
      () => false,
    );
    const event = JSON.parse(bytes.toString() || "null");
    received.push({ id: String(headers["webhook-id"]), isSigned, event });
    response.writeHead(isSigned ? status : 401).end(body);
  });
  return { url: `${url}/hooks?tenant=a%2Fb`, received };
}

/** Runs `send` with the secret in the environment. */
const send = (...args: string[]) =>
  startIn({ clock: systemClock, environment: { CONFORMANCE_WEBHOOK_SECRETS: SECRET } }, "send", ...args)
    .ended;

test("posts a valid, signed event of every type by its short name", async () => {
  const { url, received } = await startConsumer();
  const names = EVENT_TYPES.map(({ type }) => type.slice("com.convergint.".length, -".v1".length));
  const ended = await send(...names, "com.example.gate_raised.v1", "--to", url, "--device", "d-1");
  expect(ended.code).toBe(0);
  expect(received.map(({ event }) => event.type)).toEqual([
    ...EVENT_TYPES.map(({ type }) => type),
    "com.example.gate_raised.v1",
  ]);
  for (const { id, isSigned, event } of received) {
    expect([isSigned, id]).toEqual([true, event.id]);
    expect(event.data).toMatchObject({ org_id: "conformance-org", device_id: "d-1" });
    expect(eventSchemaOf(event.type).safeParse(event).error).toBeUndefined();
  }
  expect(ended.stdout).toContain("204  door.forced_open  ");
});

test("posts events of a file, twice each and the latest first", async () => {
  const { url, received } = await startConsumer();
  const events = ["one", "two"].map((id) => ({
    specversion: "1.0",
    id,
    source: "urn:vendor",
    type: "com.example.gate_raised.v1",
    time: "2026-11-30T08:00:00Z",
    data: { org_id: "o", site_id: "s" },
  }));
  const file = join(await temporaryFolder(), "events.jsonl");
  await writeFile(file, events.map((event) => JSON.stringify(event)).join("\n"));
  const ended = await send("--file", file, "--duplicate", "--out-of-order", "--to", url, "--json");
  expect([ended.code, received.map(({ id }) => id)]).toEqual([0, ["two", "two", "one", "one"]]);
  expect(
    ended.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id),
  ).toEqual(["two", "two", "one", "one"]);
  await writeFile(file, JSON.stringify([events[0], { ...events[1], time: "today" }]));
  const refused = await send("--file", file, "--to", url);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/Event 2 of .* is not valid: \/time/),
  ]);
});

test("makes two events of one type for --out-of-order, and sets members of their data", async () => {
  const { url, received } = await startConsumer();
  const data = ["--data", "status=offline", "--data", "level=21.5"];
  expect((await send("device.status_changed", "--out-of-order", ...data, "--to", url)).code).toBe(0);
  const [first, second] = received.map(({ event }) => event);
  expect(Date.parse(first?.time ?? "")).toBeGreaterThan(Date.parse(second?.time ?? ""));
  expect(first?.data).toMatchObject({ status: "offline", level: 21.5 });
});

test("a delivery with a mistake must be refused", async () => {
  const { url, received } = await startConsumer();
  const refused = await send("device.status_changed", "--broken", "signature_hex", "--to", url);
  expect([refused.code, refused.stdout]).toEqual([
    0,
    expect.stringContaining("refused, as the contract requires"),
  ]);
  expect(received.map(({ isSigned }) => isSigned)).toEqual([false]);
  const careless = await serve(
    (request, response) => void request.resume().on("end", () => response.writeHead(204).end()),
  );
  const accepted = await send("device.status_changed", "--broken", "header_twice", "--to", careless);
  expect([accepted.code, accepted.stdout]).toEqual([1, expect.stringContaining("RCV-002")]);
});

test.each([
  [400, "not accept the body"],
  [410, "no more deliveries"],
  [418, "refused the delivery"],
  [302, "must not follow"],
  [503, "Retry-After"],
])("explains the answer %i, and exits with 1", async (status, says) => {
  const { url } = await startConsumer(status, `{"title":"\u001b[2Jno"}`);
  const ended = await send("door.forced_open", "--to", url);
  expect([ended.code, ended.stdout]).toEqual([1, expect.stringContaining(says)]);
  expectCleanOutput(ended);
  expect(ended.stdout).not.toContain("\u001b");
});

test.each([
  ["no URL", ["door.forced_open"], "--to"],
  ["no event", ["--to", "http://127.0.0.1:1/"], "send --list"],
  ["an unknown type", ["door.forced", "--to", "http://127.0.0.1:1/"], "door.forced_open"],
  [
    "an unknown mistake",
    ["door.forced_open", "--broken", "hex", "--to", "http://127.0.0.1:1/"],
    "signature_hex,",
  ],
  [
    "a mistake of the receiver",
    ["door.forced_open", "--broken", "no_key", "--to", "http://127.0.0.1:1/"],
    "has no key",
  ],
  [
    "data without a value",
    ["door.forced_open", "--data", "status", "--to", "http://127.0.0.1:1/"],
    "NAME=VALUE",
  ],
  [
    "a file and a mistake",
    ["--file", "x", "--broken", "sha1", "--to", "http://127.0.0.1:1/"],
    "leave out --file",
  ],
])("refuses %s with exit code 2", async (_, args, says) => {
  const ended = await send(...args);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(says)]);
});

test("exits with 3 without a response, with 2 without a secret, and lists all names", async () => {
  const port = new URL(await serve(() => {})).port;
  const hanging = startIn(
    { clock: systemClock },
    "send",
    "door.forced_open",
    "--secret",
    SECRET,
    "--to",
    `http://127.0.0.1:${port}/`,
  );
  setImmediate(hanging.interrupt);
  expect((await hanging.ended).code).toBe(130);
  const down = await send("door.forced_open", "--to", "http://127.0.0.1:1/");
  expect([down.code, down.stderr]).toEqual([3, expect.stringContaining("No response")]);
  expectCleanOutput(down);
  const keyless = await startIn({}, "send", "door.forced_open", "--to", "http://127.0.0.1:1/").ended;
  expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining("CONFORMANCE_WEBHOOK_SECRETS")]);
  const listed = await startIn({}, "send", "--list").ended;
  expect(listed.stdout).toMatch(/door\.forced_open .*.*signature_hex\n/s);
});
