import type { IncomingMessage } from "node:http";
import { type Campus, type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, expectCleanOutput, runClaimed, SMALL_CAMPUS, startVendor } from "./testing/harness.ts";

type Send = NonNullable<CampusOptions["send"]>;

interface Turn {
  readonly send?: Send;
  /** Changes a request before the vendor handles it. */
  readonly changeRequest?: (request: IncomingMessage) => void;
  /** Changes the response to a request for `path`. */
  readonly changeResponse?: (path: string, text: string) => string;
}

const PROFILES = ["--profile", "health"];

/**
 * Returns whether a request is the unauthenticated sandbox command. By the time of this command, the run has
 * already tested everything that these tests change.
 */
const isLate = ({ url = "", headers }: IncomingMessage) =>
  url.startsWith("/sandbox/") && headers.authorization === undefined;

/** Starts a campus that is conformant until that sandbox command and misbehaves from then on. */
function startTurning({ send, changeRequest, changeResponse }: Turn): Promise<string> {
  let hasTurned = false;
  return startVendor(
    createCampus({
      seed: 11,
      ...SMALL_CAMPUS,
      apiKeys: [{ key: API_KEY, orgIds: "all" }],
      send: (delivery, post) => (hasTurned && send ? send(delivery, post) : post(delivery)),
    }),
    (app: Campus["app"]) => {
      app.server.prependListener("request", (request: IncomingMessage) => {
        hasTurned ||= isLate(request);
        if (hasTurned) changeRequest?.(request);
      });
      app.addHook("onSend", async ({ url }, _reply, payload) =>
        hasTurned && changeResponse && typeof payload === "string" ? changeResponse(url, payload) : payload,
      );
    },
  );
}

describe("a vendor that turns bad after the first look", () => {
  test("is certified if it does not turn", async () => {
    const ended = await runClaimed(await startTurning({}), ...PROFILES);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("\nCERTIFIED")]);
  });

  test.each<[string, string, Turn]>([
    [
      "signs with the wrong secret",
      "SIG-001",
      {
        send: ({ headers, ...delivery }, post) =>
          post({ ...delivery, headers: { ...headers, "webhook-signature": `v1,${"A".repeat(43)}=` } }),
      },
    ],
    [
      "stops posting status changes",
      "EVT-001",
      {
        send: (delivery, post) =>
          delivery.body.includes("status_changed")
            ? Promise.resolve({ kind: "answered", status: 204 })
            : post(delivery),
      },
    ],
    [
      "lists devices with an invalid status",
      "INV-001",
      {
        changeResponse: (path, text) =>
          path.startsWith("/v1/devices") ? text.replaceAll('"status":"online"', '"status":"fine"') : text,
      },
    ],
    [
      "serves an invalid manifest",
      "MAN-001",
      { changeResponse: (path, text) => (path.startsWith("/.well-known/") ? '{"sorry":true}' : text) },
    ],
    [
      "requires no credential",
      "AUTH-001",
      {
        changeRequest: (request) => {
          request.headers.authorization = `Bearer ${API_KEY}`;
        },
      },
    ],
    [
      "omits one device of each org",
      "INV-007",
      {
        changeResponse: (path, text) =>
          path.includes("org_id=") ? text.replace(/"data":\[\{.*?\},\{/, '"data":[{') : text,
      },
    ],
  ])("%s: not conformant, by %s", async (_, breaks, turn) => {
    const ended = await runClaimed(await startTurning(turn), ...PROFILES, "--json");
    const { requirements } = JSON.parse(ended.stdout) as Report;
    const failed = requirements.filter(({ verdict }) => verdict === "fail");
    expect([ended.code, failed.map(({ id }) => id)]).toEqual([1, expect.arrayContaining([breaks])]);
    expect(failed.find(({ id }) => id === breaks)?.failures[0]?.hint).toContain("wrong at the end");
    expectCleanOutput(ended);
  });
});
