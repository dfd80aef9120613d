import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const API_KEY = "canary-key-0123456789";
const closers: (() => Promise<unknown> | unknown)[] = [];
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conformance-"));
  closers.push(() => rm(folder, { recursive: true }));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function start(...args: string[]) {
  const child = spawn(process.execPath, ["--conditions=@convergint/source", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONFORMANCE_API_KEY: "" },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...output }));
  const saying = async (words: string) => {
    while (!output.stderr.includes(words)) await once(child.stderr, "data");
  };
  return { child, ended, saying };
}
const cli = (...args: string[]) => start(...args).ended;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function campus(
  options: Partial<CampusOptions> = {},
  prepare?: (app: ReturnType<typeof createCampus>["app"]) => void,
) {
  const vendor = createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...options });
  prepare?.(vendor.app);
  closers.push(() => vendor.close());
  return vendor.listen();
}

const run = (target: string, ...args: string[]) =>
  cli("run", "--target", target, "--api-key", API_KEY, ...args);

/** What no run may end in, whatever the vendor does. */
function expectCivil({ stdout, stderr }: { stdout: string; stderr: string }) {
  expect(stdout + stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  expect(stdout + stderr).not.toContain(API_KEY);
  expect(stdout + stderr).not.toContain("whsec_A");
}

describe("run", () => {
  test("certifies the reference vendor with exit code 0, and writes the report", async () => {
    const file = join(folder, "deep", "report.json");
    const ended = await run(await campus(), "--report", `json=${file}`);
    expect(ended.stdout).toContain("CERTIFIED  health");
    expect(ended.code).toBe(0);
    expectCivil(ended);
    const report = JSON.parse(await readFile(file, "utf8")) as Report;
    expect(report).toMatchObject({
      report_version: "1",
      conclusion: "certified",
      trigger: "sandbox",
      partial: false,
    });
    expect(report.requirements.length).toBeGreaterThanOrEqual(20);
    for (const { id, verdict, cites } of report.requirements) {
      expect([id, verdict, cites.length > 0]).toEqual([id, "pass", true]);
    }
  });

  test("leaves no webhook endpoint behind, and every device as it was", async () => {
    const target = await campus();
    const ask = async (path: string) => {
      const response = await fetch(target + path, { headers: { authorization: `Bearer ${API_KEY}` } });
      return (await response.json()) as { data: { device_id: string; status: string }[] };
    };
    const statuses = async () => (await ask("/v1/devices?limit=1000")).data.map(({ status }) => status);
    const before = await statuses();
    await run(target);
    expect((await ask("/v1/webhook-endpoints")).data).toEqual([]);
    expect(await statuses()).toEqual(before);
  });

  test("prints JSON alone with --json, and nothing else on standard output", async () => {
    const ended = await run(await campus(), "--json", "--profile", "inventory");
    const report = JSON.parse(ended.stdout) as Report;
    expect(report.profiles).toEqual([{ name: "inventory", conclusion: "certified" }]);
    expect(report.requirements.every(({ profile }) => profile === "inventory")).toBe(true);
  });

  test("with --only judges that alone, and certifies nothing", async () => {
    const ended = await run(await campus(), "--only", "sig-001", "--json");
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(4);
    expect(report.partial).toBe(true);
    expect(report.requirements.map(({ id, verdict }) => [id, verdict])).toEqual([["SIG-001", "pass"]]);
  });

  test("certifies a correct vendor that does things its own way", async () => {
    let requests = 0;
    const target = await campus({}, (app) => {
      // Busy now and then, and says for how long.
      app.addHook("onRequest", async (_request, reply) => {
        requests += 1;
        if (requests % 4 === 0) return reply.code(429).header("retry-after", "0").send();
      });
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/v1/") || payload === "") return payload;
        const body = JSON.parse(payload);
        // Does not count, adds members of its own, and writes UTC as Python does.
        if (body.snapshot) delete body.snapshot.total_count;
        body.request_id = requests;
        return JSON.stringify({ ...body, extra: null }).replaceAll(
          /(\d\d:\d\d:\d\d(?:\.\d+)?)Z/g,
          "$1+00:00",
        );
      });
    });
    const ended = await run(target);
    expect(ended.stdout).toContain("CERTIFIED");
    expect(ended.code).toBe(0);
  });

  test("shows no secret, not even one that the vendor echoes", async () => {
    const file = join(folder, "report.json");
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/v1/devices")) return payload;
        // Echoes the credential in the very member that will be reported as wrong.
        return payload.replaceAll('"type":"camera"', `"type":"${request.headers.authorization}"`);
      });
    });
    const ended = await run(target, "--report", `json=${file}`);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("[redacted]");
    expectCivil(ended);
    expect(await readFile(file, "utf8")).not.toContain(API_KEY);
  });

  test("ends with 130 on Ctrl-C, at once, with a report that says so", async () => {
    const file = join(folder, "report.json");
    // No webhook is ever sent, so the run is waiting for one when it is interrupted.
    const target = await campus({ send: async () => ({ status: 204 }) });
    const { child, ended, saying } = start(
      "run",
      "--target",
      target,
      "--api-key",
      API_KEY,
      "--report",
      `json=${file}`,
    );
    await saying("waiting up to");
    const interrupted = performance.now();
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(performance.now() - interrupted).toBeLessThan(3000);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      conclusion: "interrupted",
      partial: true,
    });
    const left = await fetch(`${target}/v1/webhook-endpoints`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(await left.json()).toEqual({ data: [] });
  });
});

describe("a vendor that is none", () => {
  test("a dead port ends in 3", async () => {
    const ended = await run("http://127.0.0.1:9");
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain("UNREACHABLE");
    expectCivil(ended);
  });

  test.each<[string, RequestListener]>([
    [
      "answers 200 {} to everything",
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
    ],
    [
      "answers 200 [] to everything",
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("[]"),
    ],
    [
      "answers with a web page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>"),
    ],
    ["answers 404 to everything", (_, response) => response.writeHead(404).end()],
    ["redirects everything to itself", (_, response) => response.writeHead(302, { location: "/" }).end()],
    [
      "has a manifest of the wrong shapes",
      (_, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            api_base: 7,
            device_types: "camera",
            webhooks: [],
            sandbox: { control_url: "::" },
            event_types: {},
          }),
        ),
    ],
  ])("%s: not conformant", async (_, listener) => {
    const ended = await run(await serve(listener));
    expect([1, 4]).toContain(ended.code);
    expect(ended.stdout).toContain("NOT CONFORMANT");
    expectCivil(ended);
  });

  test("answers without end: not conformant, and not read for ever", async () => {
    const ended = await run(
      await serve((_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const megabyte = "x".repeat(1024 * 1024);
        const pour = () => {
          while (!response.destroyed && response.write(megabyte));
        };
        response.on("drain", pour);
        pour();
      }),
    );
    expect(ended.code).not.toBe(0);
    expectCivil(ended);
  });

  test("resets every connection: unreachable", async () => {
    const ended = await run(await serve((request) => request.socket.destroy()));
    expect(ended.code).toBe(3);
    expectCivil(ended);
  });

  test("sends no webhook at all: not conformant, by EVT-001", async () => {
    const ended = await run(await campus({ send: async () => ({ status: 204 }) }), "--json");
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(1);
    expect(report.requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id)).toEqual([
      "EVT-001",
    ]);
  });

  test("serves cursors without end: found, and not followed for ever", async () => {
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) =>
        typeof payload === "string" && request.url.startsWith("/v1/devices?")
          ? payload.replace('"next_cursor":null', '"next_cursor":"again"')
          : payload,
      );
    });
    const ended = await run(target, "--profile", "inventory");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("PAGE-002");
  });

  test("refuses the key of this run: incomplete, and says so once", async () => {
    const ended = await cli("run", "--target", await campus(), "--api-key", "another-key");
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain("the vendor refused the API key of this run with 401");
    expectCivil(ended);
  });
});

describe("usage", () => {
  test.each<[string, string[], string]>([
    ["no target", ["run", "--api-key", "k"], "--target"],
    ["no key", ["run", "--target", "http://127.0.0.1:9"], "CONFORMANCE_API_KEY"],
    [
      "a target that is no URL",
      ["run", "--target", "vendor", "--api-key", "k"],
      "https://api.vendor.example",
    ],
    ["a credential in the URL", ["run", "--target", "http://a:b@c", "--api-key", "k"], "--api-key"],
    [
      "an unknown profile",
      ["run", "--target", "http://x", "--api-key", "k", "--profile", "gold"],
      "inventory, health",
    ],
    ["an unknown requirement", ["run", "--target", "http://x", "--api-key", "k", "--only", "X-1"], "`list`"],
    [
      "a consumer's requirement",
      ["run", "--target", "http://x", "--api-key", "k", "--only", "RCV-001"],
      "`list`",
    ],
    [
      "an unknown report",
      ["run", "--target", "http://x", "--api-key", "k", "--report", "pdf=x"],
      "json=FILE",
    ],
    [
      "a report that cannot be written",
      ["run", "--target", "http://x", "--api-key", "k", "--report", "json=/dev/null/x"],
      "cannot be written",
    ],
    ["an unknown command", ["certify"], "unknown command"],
  ])("%s ends in 2 and says what to give", async (_, args, advice) => {
    const ended = await cli(...args);
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(2);
    expectCivil(ended);
  });

  test("help is no error", async () => {
    const ended = await cli("run", "--help");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("Exit codes");
  });
});

test("list prints every requirement, with whether it is checked or why not", async () => {
  const { stdout, code } = await cli("list", "--json");
  const rows = JSON.parse(stdout) as { id: string; checked: boolean; reason: string | null }[];
  expect(code).toBe(0);
  expect(rows.filter(({ checked, reason }) => checked === (reason !== null))).toEqual([]);
  expect((await cli("list")).stdout).toContain("PAGE-005");
});
