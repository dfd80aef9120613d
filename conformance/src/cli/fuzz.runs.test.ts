import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createCampus } from "@convergint/example-vendor-cloud";
import { generateSecret } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import {
  correctParts,
  createReferenceReceiver,
  type ReceiverParts,
} from "../../mutants/subjects/reference-receiver.ts";
import { operations } from "../fuzz/operations.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  SMALL_CAMPUS,
  serve,
  start,
  startVendor,
  virtualClock,
} from "./testing/harness.ts";

type Prepare = NonNullable<Parameters<typeof startVendor<ReturnType<typeof createCampus>>>[1]>;

const startCampus = (prepare?: Prepare) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    prepare,
  );

const fuzz = (target: string, ...args: string[]) =>
  cli("fuzz", "--target", target, "--api-key", API_KEY, "--seed", "3", ...args);

test("the table of operations has every call of the OpenAPI document, with its method and parameters", async () => {
  const file = fileURLToPath(new URL("../../../spec/1.0/openapi.yaml", import.meta.url));
  const [, paths = ""] = (await readFile(file, "utf8")).split("\npaths:\n");
  const calls = `\n${paths}`;
  for (const [name, { path, method, query }] of Object.entries(operations)) {
    const from = calls.slice(calls.indexOf(`\n  ${path}:\n`));
    const [operation = ""] = from
      .slice(from.indexOf(`\n    ${method.toLowerCase()}:\n`))
      .split("\n      responses:", 1);
    expect([name, operation.includes(`operationId: ${name}\n`)]).toEqual([name, true]);
    const used = [...operation.matchAll(/parameters\/(\w+)/g)]
      .map(([, parameter = ""]) => parameter)
      .filter((parameter) => !["DeviceId", "EndpointId", "IfNoneMatch"].includes(parameter));
    const names: Readonly<Record<string, string>> = {
      Limit: "limit",
      Cursor: "cursor",
      OrgFilter: "org_id",
      SiteFilter: "site_id",
      SystemFilter: "system_id",
      Since: "since",
      After: "after",
    };
    expect([name, used.map((each) => names[each] ?? each).toSorted()]).toEqual([name, [...query].toSorted()]);
  }
  const known = [...calls.matchAll(/^ {6}operationId: (\w+)/gm)].map(([, name]) => name);
  expect(Object.keys(operations).toSorted()).toEqual(known.toSorted());
});

test("finds nothing at a vendor that meets the contract, and leaves nothing behind", async () => {
  const target = await startCampus();
  const ask = async (path: string) => {
    const answer = await fetch(`${target}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } });
    return ((await answer.json()) as { readonly data: unknown[] }).data.length;
  };
  const before = await ask("/v1/devices?limit=1000");
  const ended = await fuzz(target, "--max-calls", "400");
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("NOTHING FOUND")]);
  expect([await ask("/v1/devices?limit=1000"), await ask("/v1/webhook-endpoints")]).toEqual([before, 0]);
  expectCleanOutput(ended);
});

test("shows the smallest call that repeats a finding, with the key as a variable, and the requirement", async () => {
  const target = await startCampus((app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      const { searchParams } = new URL(request.url, "http://campus");
      if (BigInt(/^\d+$/.exec(searchParams.get("limit") ?? "")?.[0] ?? 0) < 2n ** 31n) return payload;
      reply.code(500).type("text/plain");
      return `RangeError: key ${API_KEY}\n    at parse (/srv/app/limit.js:7:11)`;
    });
  });
  const ended = await fuzz(target, "--max-calls", "300", "--json");
  expect(ended.code).toBe(1);
  const { findings } = JSON.parse(ended.stdout);
  expect(findings.map((each: { requirement: string }) => each.requirement)).toContain("ERR-002");
  for (const { commands, calls } of findings) {
    expect(calls).toHaveLength(1);
    expect(commands).toEqual([
      expect.stringMatching(
        /^curl -si .*-H "Authorization: Bearer \$CONFORMANCE_API_KEY" "http:.*\/v1\/\w+\?limit=\d+"$/,
      ),
    ]);
  }
  expectCleanOutput(ended);
});

test("a seed makes the same calls again", async () => {
  const urls: string[][] = [];
  for (let run = 0; run < 2; run += 1) {
    const seen: string[] = [];
    const target = await startCampus((app) => {
      app.addHook("onRequest", async ({ method, url }) =>
        seen.push(`${method} ${url.replaceAll(/[\w-]{20,}|\d+/g, "…")}`),
      );
    });
    await fuzz(target, "--max-calls", "60");
    urls.push(seen);
  }
  // A call whose URL the server refuses does not reach the hook.
  expect(urls[0]?.length).toBeGreaterThanOrEqual(55);
  expect(urls[1]?.slice(0, 55)).toEqual(urls[0]?.slice(0, 55));
});

test("Ctrl-C ends the run, shows what was found so far and cleans up", async () => {
  const target = await startCampus();
  const running = start("fuzz", "--target", target, "--api-key", API_KEY, "--seed", "1");
  await running.waitFor("stderr", "Make random calls");
  running.interrupt();
  const ended = await running.ended;
  expect([ended.code, ended.stdout]).toEqual([130, expect.stringContaining("NOTHING FOUND")]);
  const endpoints = await fetch(`${target}/v1/webhook-endpoints`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  expect(await endpoints.json()).toEqual({ data: [] });
});

test.each([
  ["without a target", [], 2, "--target"],
  ["without a key", ["--target", "http://127.0.0.1:9"], 2, "No credentials"],
  ["without a response", ["--target", "http://127.0.0.1:9", "--api-key", API_KEY], 3, "No response"],
])("%s it says so", async (_, args, code, text) => {
  const ended = await cli("fuzz", ...args);
  expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(text)]);
});

test("a rejected key ends the run", async () => {
  const ended = await cli("fuzz", "--target", await startCampus(), "--api-key", "another-key-0123456789");
  expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining("401. Check the key.")]);
});

test.each([
  ["https://api.example.net", "--allow-host api.example.net"],
  ["http://127.0.0.1:9/?x=", "contains a query or fragment"],
])("a vendor whose manifest names %s is not called there", async (api_base, advice) => {
  const target = await startCampus((app) => {
    app.addHook("onSend", async (request, _reply, payload) =>
      request.url === "/.well-known/vendor-cloud" && typeof payload === "string"
        ? JSON.stringify({ ...JSON.parse(payload), api_base })
        : payload,
    );
  });
  const ended = await fuzz(target);
  expect(ended.code).toBe(4);
  expect(ended.stderr).toContain(advice);
});

test("a server without a manifest is no vendor", async () => {
  const target = await serve((_, response) => response.writeHead(404).end());
  const ended = await fuzz(target);
  expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining("no valid manifest")]);
});

describe("run receiver --fuzz", () => {
  const secret = generateSecret();
  const other = generateSecret();
  const setup = { secrets: [secret], otherSecret: other, boundOrg: "org-1", clock: virtualClock };
  const fuzzConsumer = async (parts: Partial<ReceiverParts>, ...args: string[]) => {
    const receiver = createReferenceReceiver({ ...correctParts(setup), ...parts }, virtualClock);
    const url = await receiver.listen();
    try {
      const flags = ["--url", `${url}/hooks`, "--secret", secret, "--org", "org-1", "--seed", "5"];
      const ended = await cli("run", "receiver", "--fuzz", ...flags, ...args);
      expect(ended.stdout).not.toContain(secret);
      return ended;
    } finally {
      await receiver.close();
    }
  };

  test("finds nothing at a consumer that meets the contract", async () => {
    const ended = await fuzzConsumer({}, "--max-calls", "250");
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("NOTHING FOUND")]);
  });

  test("shows the smallest webhook that repeats a finding, signed with the secret of a variable", async () => {
    const correct = correctParts(setup);
    const parse = (body: Buffer) => {
      const event = correct.parse(body) as { readonly sequence?: unknown };
      if (event?.sequence === null) throw new Error("a sequence is a text");
      return event;
    };
    const ended = await fuzzConsumer({ parse }, "--max-calls", "400", "--json");
    const { findings } = JSON.parse(ended.stdout);
    expect([ended.code, findings]).toEqual([1, [expect.objectContaining({ requirement: "RCV-014" })]]);
    const commands: string = findings[0].commands.join("\n");
    expect(commands).toContain('"sequence":null');
    expect(commands).toContain('SECRET="$' + '{CONFORMANCE_WEBHOOK_SECRETS%% *}"');
    expect(commands).not.toContain("--data-binary '");
  });

  test("a consumer that refuses a valid event cannot be fuzzed", async () => {
    const ended = await fuzzConsumer({ isEvent: () => false });
    expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining("refused a valid event")]);
  });
});
