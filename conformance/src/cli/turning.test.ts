import type { IncomingMessage } from "node:http";
import { type Campus, type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, expectCivil, runClaimed, standing } from "./testing/world.ts";

type Send = NonNullable<CampusOptions["send"]>;

interface Turn {
  readonly send?: Send;
  /** Changes a request before the vendor sees it. */
  readonly ask?: (request: IncomingMessage) => void;
  /** Changes the text of an answer of this path. */
  readonly answer?: (path: string, text: string) => string;
}

const PROFILES = ["--profile", "health"];

/** By the time that it is commanded without a credential, all that these turns are about has been looked at. */
const isLate = ({ url = "", headers }: IncomingMessage) =>
  url.startsWith("/sandbox/") && headers.authorization === undefined;

/** A good campus until then, and another from then on. */
function turning({ send, ask, answer }: Turn): Promise<string> {
  let hasTurned = false;
  return standing(
    createCampus({
      seed: 11,
      apiKeys: [{ key: API_KEY, orgIds: "all" }],
      send: (delivery, post) => (hasTurned && send ? send(delivery, post) : post(delivery)),
    }),
    (app: Campus["app"]) => {
      app.server.prependListener("request", (request: IncomingMessage) => {
        hasTurned ||= isLate(request);
        if (hasTurned) ask?.(request);
      });
      app.addHook("onSend", async ({ url }, _reply, payload) =>
        hasTurned && answer && typeof payload === "string" ? answer(url, payload) : payload,
      );
    },
  );
}

describe("a vendor that turns bad when what it is bad at was looked at", () => {
  test("is certified as long as it does not", async () => {
    const ended = await runClaimed(await turning({}), ...PROFILES);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("\nCERTIFIED")]);
  });

  test.each<[string, string, Turn]>([
    [
      "signs with another secret",
      "SIG-001",
      {
        send: ({ headers, ...delivery }, post) =>
          post({ ...delivery, headers: { ...headers, "webhook-signature": `v1,${"A".repeat(43)}=` } }),
      },
    ],
    [
      "posts changes of status no more",
      "EVT-001",
      {
        send: (delivery, post) =>
          delivery.body.includes("status_changed")
            ? Promise.resolve({ kind: "answered", status: 204 })
            : post(delivery),
      },
    ],
    [
      "lists devices with a status that is none",
      "INV-001",
      {
        answer: (path, text) =>
          path.startsWith("/v1/devices") ? text.replaceAll('"status":"online"', '"status":"fine"') : text,
      },
    ],
    [
      "has a manifest that is none",
      "MAN-001",
      { answer: (path, text) => (path.startsWith("/.well-known/") ? '{"sorry":true}' : text) },
    ],
    [
      "asks for no credential",
      "AUTH-001",
      {
        ask: (request) => {
          request.headers.authorization = `Bearer ${API_KEY}`;
        },
      },
    ],
    [
      "lists one device of each org less",
      "INV-007",
      {
        answer: (path, text) =>
          path.includes("org_id=") ? text.replace(/"data":\[\{.*?\},\{/, '"data":[{') : text,
      },
    ],
  ])(
    "%s: not conformant, by %s",
    async (_, breaks, turn) => {
      const ended = await runClaimed(await turning(turn), ...PROFILES, "--json");
      const { requirements } = JSON.parse(ended.stdout) as Report;
      const failed = requirements.filter(({ verdict }) => verdict === "fail");
      expect([ended.code, failed.map(({ id }) => id)]).toEqual([1, expect.arrayContaining([breaks])]);
      expect(failed.find(({ id }) => id === breaks)?.failures[0]?.hint).toContain("wrong at its end");
      expectCivil(ended);
    },
    60_000,
  );
});
