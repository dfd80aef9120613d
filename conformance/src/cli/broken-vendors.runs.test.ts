import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { type Campus, type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  cli,
  type Ended,
  expectCleanOutput,
  run,
  runClaimed,
  SMALL_CAMPUS,
  serve,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

const campus = (options: Partial<CampusOptions> = {}, prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, ...options }),
    prepare,
  );

describe("a broken vendor", () => {
  test("unreachable: exits with 3", async () => {
    const ended = await run("http://127.0.0.1:9");
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain("UNREACHABLE");
    expectCleanOutput(ended);
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
    expectCleanOutput(ended);
  });

  test("sends an endless response: not conformant, and reading stops", async () => {
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
    expectCleanOutput(ended);
  });

  test("resets every connection: unreachable", async () => {
    const ended = await run(await serve((request) => request.socket.destroy()));
    expect(ended.code).toBe(3);
    expectCleanOutput(ended);
  });

  test("sends no webhooks: fails EVT-001", async () => {
    const ended = await run(
      await campus({ send: async () => ({ kind: "answered", status: 204 }) }),
      "--json",
    );
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(1);
    expect(report.requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id)).toEqual([
      "EVT-001",
    ]);
  });

  test("returns invalid secrets: fails SEC-002, without an error in the suite", async () => {
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) =>
        typeof payload === "string" && request.url === "/v1/webhook-endpoints"
          ? payload.replaceAll(/"whsec_[^"]+"/g, '"whsec_not base64 at all"')
          : payload,
      );
    });
    const ended = await run(target, "--json");
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(1);
    const having = (verdict: string) =>
      report.requirements.filter((each) => each.verdict === verdict).map(({ id }) => id);
    expect(having("fail")).toEqual(["SEC-002"]);
    expect(having("could-not-run")).toContain("SIG-001");
    expect(having("harness-error")).toEqual([]);
    expect(ended.stdout).not.toContain("not base64 at all");
  });

  test("posts undeclared batches: fails EVT-002", async () => {
    const target = await campus({
      send: ({ url, headers, body }, post) => {
        const media = { "content-type": "application/cloudevents-batch+json" };
        return post({ url, headers: { ...headers, ...media }, body: `[${body}]` });
      },
    });
    const ended = await run(target, "--json");
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(1);
    const broken = report.requirements.filter(({ verdict }) => verdict === "fail");
    expect(broken.map(({ id }) => id)).toContain("EVT-002");
    expect(broken.find(({ id }) => id === "EVT-002")?.failures[0]?.hint).toContain("webhooks.batching");
  });

  test("declares status_from events without events or statuses: fails DEV-001", async () => {
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string") return payload;
        if (request.url.startsWith("/.well-known/")) {
          const { webhooks: _, sandbox: __, backfill: ___, ...manifest } = JSON.parse(payload);
          for (const type of manifest.device_types) type.status_from = ["events"];
          return JSON.stringify(manifest);
        }
        return payload.replaceAll(/"status":"(?:online|degraded|offline|unknown)",/g, "");
      });
    });
    const ended = await runClaimed(target, "--json");
    expect(ended.code).toBe(1);
    const { requirements } = JSON.parse(ended.stdout) as Report;
    expect(requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id)).toEqual(["DEV-001"]);
  });

  test.each(["{}", '{"data":[],"next_cursor":null,"snapshot":{"id":"s","as_of":"2026-01-01T00:00:00Z"}}'])(
    "has a valid manifest and answers everything else with %s: not conformant",
    async (sample) => {
      const good = await campus();
      const manifest = (await (await fetch(`${good}/.well-known/vendor-cloud`)).text()).replaceAll(
        good,
        "{base}",
      );
      let base = "";
      base = await serve((request, response) => {
        const isManifest = request.url?.startsWith("/.well-known/");
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(isManifest ? manifest.replaceAll("{base}", base) : sample);
      });
      for (const profile of ["inventory", "health"]) {
        expect((await run(base, "--profile", profile)).code).toBe(1);
      }
    },
  );

  test("replays recorded responses: not conformant", async () => {
    // The campus has more devices than the 50 that the broken vendor serves again and again.
    const good = await campus();
    const recorded = new Map<string, Promise<{ status: number; type: string; body: string }>>();
    let base = "";
    base = await serve(async (request, response) => {
      const { pathname } = new URL(request.url ?? "/", base);
      const { authorization = "" } = request.headers;
      // Replays the first response to each combination of method, path and credential.
      const key = `${request.method} ${pathname} ${authorization}`;
      const ask = async () => {
        const answer = await fetch(`${good}${pathname}?limit=50`, {
          method: request.method ?? "GET",
          headers: { authorization, "content-type": "application/json" },
          ...(request.method === "POST" ? { body: '{"status":"offline","url":"https://h.example"}' } : {}),
        });
        // Declares a short latency, so that the run does not wait long for webhooks.
        const body = (await answer.text())
          .replaceAll(good, base)
          .replace('"health_latency_seconds":5', '"health_latency_seconds":0.5');
        return { status: answer.status, type: answer.headers.get("content-type") ?? "", body };
      };
      const answer = recorded.get(key) ?? ask();
      recorded.set(key, answer);
      const { status, type, body } = await answer;
      response.writeHead(status, { "content-type": type }).end(status === 204 ? undefined : body);
    });
    for (const profile of ["inventory", "health"]) {
      const ended = await run(base, "--profile", profile, "--json");
      const { requirements } = JSON.parse(ended.stdout) as Report;
      const failed = requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
      expect(ended.code).toBe(1);
      // The broken vendor repeats the same cursor, so no listing is complete, and PAGE-001 has nothing to
      // compare.
      expect(failed).toEqual(
        expect.arrayContaining(["PAGE-002", "PAGE-005", "INV-003", "INV-004", "INV-007"]),
      );
    }
  });

  test("repeats a cursor forever: detected", async () => {
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

  test("creates new cursors forever: detected", async () => {
    let cursors = 0;
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !/^\/v1\/orgs(?:\?|$)/.test(request.url)) return payload;
        cursors += 1;
        return payload.replace('"next_cursor":null', `"next_cursor":"more-${cursors}"`);
      });
      app.server.prependListener("request", (request: IncomingMessage) => {
        request.url = request.url?.replace(/cursor=more-\d+/, "");
      });
    });
    const ended = await run(target, "--profile", "inventory", "--json");
    expect(ended.code).toBe(1);
    const { requirements } = JSON.parse(ended.stdout) as Report;
    expect(requirements.find(({ id }) => id === "PAGE-002")?.verdict).toBe("fail");
    expect(cursors).toBeLessThan(3000);
  });

  test("has control characters in its name: shown without them", async () => {
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (_request, _reply, payload) =>
        typeof payload === "string"
          ? payload.replaceAll("Example Campus Cloud", "\\u001b[2J\\u001b[32mCERTIFIED")
          : payload,
      );
    });
    const ended = await run(target, "--profile", "inventory");
    expect(ended.stdout).toContain("CERTIFIED");
    expect(ended.stdout).not.toContain("\u001b");
  });
});

describe("ends early, and says why in its last line", () => {
  /** Expects that the last line is the only one about the cause, and that no line is about an untested requirement. */
  function expectLastLine(ended: Ended, line: string) {
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toContain(line);
    expect(lines.filter((each) => each.includes(line))).toHaveLength(1);
    expect(lines.filter((each) => /^\s*\? [A-Z]+-\d/.test(each))).toEqual([]);
    expectCleanOutput(ended);
  }

  test("rejects the API key: incomplete", async () => {
    const target = await campus();
    const bundle = join(await temporaryFolder(), "bundle.json");
    const ended = await cli("run", "--target", target, "--api-key", "another-key", "--bundle", bundle);
    expect(ended.code).toBe(4);
    expectLastLine(
      ended,
      "INCOMPLETE (partial run)  The vendor answered 401 to the API key of this run. Pass a valid key with --api-key or CONFORMANCE_API_KEY.",
    );
    const again = await cli("regrade", bundle);
    expect(again.stdout.split("\n").slice(-2)).toEqual(ended.stdout.split("\n").slice(-2));
  });

  test("has its manifest at the root, although the target has a path: incomplete", async () => {
    const target = await campus();
    const ended = await run(`${target}/api/v2`);
    expect(ended.code).toBe(4);
    expectLastLine(
      ended,
      `There is no manifest at ${target}/api/v2/.well-known/vendor-cloud (404), but one at ${target}/.well-known/vendor-cloud. Use --target ${target}.`,
    );
  });

  /** Starts a vendor whose manifest names another API than its own. */
  const naming = (api_base: string) =>
    campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) =>
        request.url === "/.well-known/vendor-cloud" && typeof payload === "string"
          ? JSON.stringify({ ...JSON.parse(payload), api_base })
          : payload,
      );
    });

  test.each([
    ["on another domain", "https://api.example.net", [], "allow it with --allow-host api.example.net."],
    [
      "at a private address",
      "https://10.9.8.7:8080/latest",
      ["--allow-host", "10.9.8.7"],
      "allow this one with --allow-private-network 10.9.8.7.",
    ],
  ])("names an API %s: incomplete, without a call to it", async (_, api_base, args, advice) => {
    const ended = await run(await naming(api_base), ...args);
    expect(ended.code).toBe(4);
    expectLastLine(ended, advice);
    expect(ended.stdout).toContain("✓ MAN-001");
  });

  test("names an API with a query, which would swallow the path: incomplete, without a call to it", async () => {
    const internal: string[] = [];
    const service = await serve((request, response) => {
      internal.push(`${request.url} ${request.headers.authorization}`);
      response.writeHead(200, { "content-type": "application/json" }).end('{"secret":"of the network"}');
    });
    const ended = await run(await naming(`${service}/latest/meta-data/iam/?x=`), "--only", "DEV-002");
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain("api_base contains a query or fragment");
    expect(internal).toEqual([]);
  });

  test.each<[string, (server: Campus["app"]["server"], request: IncomingMessage) => void, RegExp]>([
    ["stops listening", (server) => server.close(), /GET .*: ECONNREFUSED/],
    ["closes every connection", (_, request) => request.socket.destroy(), /: (?:UND_ERR_SOCKET|ECONNRESET)/],
  ])("%s during the run: unreachable", async (_, goDown, cause) => {
    let calls = 0;
    const target = await campus({}, ({ server }) => {
      server.prependListener("request", (request: IncomingMessage) => {
        calls += 1;
        if (calls <= 40) return;
        goDown(server, request);
        request.socket.destroy();
      });
    });
    const ended = await run(target);
    expect(ended.code).toBe(3);
    expectLastLine(
      ended,
      `UNREACHABLE (partial run)  The vendor at ${target} stopped responding during the run`,
    );
    expect(ended.stdout).toMatch(cause);
    expect(ended.stdout).toContain("✓ MAN-001");
  });

  test("has a gateway that answers 502 from some moment on: unreachable", async () => {
    let calls = 0;
    const target = await campus({}, (app) => {
      app.addHook("onRequest", async (_request, reply) => {
        calls += 1;
        if (calls > 40) await reply.code(502).send();
      });
    });
    const ended = await run(target);
    expect(ended.code).toBe(3);
    expectLastLine(ended, `The vendor at ${target} stopped responding during the run`);
  });

  test("cannot reach the receiver: incomplete", async () => {
    const ended = await run(await campus(), "--public-url", "http://127.0.0.1:9");
    expect(ended.code).toBe(4);
    expectLastLine(
      ended,
      "Devices changed, but no webhook arrived. From this machine, --public-url http://127.0.0.1:9 does not lead to the receiver",
    );
    expect(ended.stdout).toContain("✓ INV-001");
  });

  test("closes the connection of one call only: the run continues", async () => {
    const target = await campus({}, ({ server }) => {
      server.prependListener("request", (request: IncomingMessage) => {
        if (request.url?.startsWith("/v1/event-catalog")) request.socket.destroy();
      });
    });
    const ended = await run(target);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("! CAT-001")]);
  });
});

describe("a conformant vendor with a fault now and then: certified", () => {
  /**
   * Counts the requests of a run. The selected requests are answered with a fault before the vendor sees
   * them.
   */
  const faulty = (isFaulty: (request: IncomingMessage) => boolean, fault: RequestListener) =>
    campus({}, ({ server }) => {
      const [own] = server.listeners("request") as RequestListener[];
      server.removeAllListeners("request");
      server.on("request", (request, response) =>
        isFaulty(request) ? fault(request, response) : own?.call(server, request, response),
      );
    });

  test("closes every 25th used connection", async () => {
    const used = new WeakMap<object, number>();
    let reused = 0;
    let closed = 0;
    const target = await faulty(
      (request) => {
        const times = (used.get(request.socket) ?? 0) + 1;
        used.set(request.socket, times);
        if (times > 1 && request.method === "GET") reused += 1;
        return times > 1 && request.method === "GET" && reused % 25 === 0;
      },
      ({ socket }) => {
        closed += 1;
        socket.destroy();
      },
    );
    const ended = await runClaimed(target);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("\nCERTIFIED")]);
    expect(closed).toBeGreaterThan(5);
  });

  test.each([503, 500])("answers every 60th call with %i", async (status) => {
    let calls = 0;
    const target = await faulty(
      ({ method }) => {
        if (method === "GET" || status === 503) calls += 1;
        return calls % 60 === 59;
      },
      (_, response) => {
        calls += 1;
        response.writeHead(status).end();
      },
    );
    const ended = await runClaimed(target);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("\nCERTIFIED")]);
    expect(calls).toBeGreaterThan(300);
  });
});
