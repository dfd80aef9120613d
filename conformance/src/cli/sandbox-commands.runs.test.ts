import { createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import { API_KEY, expectCleanOutput, run, SMALL_CAMPUS, startVendor } from "./testing/harness.ts";

/** Requirements that need devices to be added, moved and removed. */
const NEEDS_INSTALLATION = ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"];

interface Row {
  readonly id: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** Starts a campus whose sandbox declares these commands. @param manifestOf changes the manifest further */
const startWithCommands = (
  commands: readonly string[],
  // biome-ignore lint/suspicious/noExplicitAny: a manifest, before anything has validated it
  manifestOf: (manifest: any) => object = (manifest) => manifest,
) =>
  startVendor(
    createCampus({ seed: 5, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
        const manifest = JSON.parse(payload);
        return JSON.stringify(manifestOf({ ...manifest, sandbox: { ...manifest.sandbox, commands } }));
      });
    },
  );

test("certifies a sandbox with only the status command, and reports what it could not test", async () => {
  const ran = await run(await startWithCommands(["status"]), "--json");
  const { conclusion, requirements, not_judged } = JSON.parse(ran.stdout);
  expect([ran.code, conclusion]).toEqual([0, "certified"]);
  const unseen = not_judged.filter(({ reason }: Row) => reason?.includes("sandbox.commands"));
  expect(unseen.map(({ id }: Row) => id).toSorted()).toEqual(NEEDS_INSTALLATION);
  const rows: readonly Row[] = requirements;
  expect(rows.filter(({ id }) => NEEDS_INSTALLATION.includes(id))).toEqual([]);
  expect(rows.find(({ id }) => id === "SYNC-002")?.verdict).toBe("pass");
  expect(rows.find(({ id }) => id === "SBX-006")?.verdict).toBe("not-applicable");
  expectCleanOutput(ran);
});

test("certifies a vendor that offers only polling, by the status command", async () => {
  const target = await startWithCommands(["status"], ({ webhooks: _, backfill: __, ...manifest }) => ({
    ...manifest,
    device_types: manifest.device_types.map(({ type }: { type: string }) => ({
      type,
      status_from: ["inventory"],
    })),
  }));
  const ran = await run(target, "--profile", "inventory", "--json");
  const { conclusion, requirements } = JSON.parse(ran.stdout);
  expect([ran.code, conclusion]).toEqual([0, "certified"]);
  const verdictOf = (id: string) => requirements.find((row: Row) => row.id === id)?.verdict;
  expect(["SYNC-002", "INV-018"].map(verdictOf)).toEqual(["pass", "pass"]);
});
