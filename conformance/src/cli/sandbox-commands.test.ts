import { createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import { API_KEY, expectCivil, run, standing } from "./testing/world.ts";

/** Requirements that take a device to be put up, moved and taken down. */
const OF_INSTALLATION = ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"];

interface Row {
  readonly id: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** A campus whose sandbox names these commands. */
const offering = (commands: readonly string[]) =>
  standing(createCampus({ seed: 5, apiKeys: [{ key: API_KEY, orgIds: "all" }] }), (app) => {
    app.addHook("onSend", async (request, _reply, payload) => {
      if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
      const manifest = JSON.parse(payload);
      return JSON.stringify({ ...manifest, sandbox: { ...manifest.sandbox, commands } });
    });
  });

test("a sandbox that takes statuses alone is certified, and the report says what nobody has seen", async () => {
  const ran = await run(await offering(["status"]), "--json");
  const { conclusion, requirements, not_judged } = JSON.parse(ran.stdout);
  expect([ran.code, conclusion]).toEqual([0, "certified"]);
  const unseen = not_judged.filter(({ reason }: Row) => reason?.includes("sandbox.commands"));
  expect(unseen.map(({ id }: Row) => id).toSorted()).toEqual(OF_INSTALLATION);
  const rows: readonly Row[] = requirements;
  expect(rows.filter(({ id }) => OF_INSTALLATION.includes(id))).toEqual([]);
  expect(rows.find(({ id }) => id === "SYNC-002")?.verdict).toBe("pass");
  expect(rows.find(({ id }) => id === "SBX-006")?.verdict).toBe("not-applicable");
  expectCivil(ran);
});
