import { createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, cli, run, SMALL_CAMPUS, startVendor } from "./testing/harness.ts";

/**
 * Starts a campus that records the requested paths, except those with cursors, sync tokens and ids that it generates
 * itself. The remaining ones depend on the seed only.
 */
async function campus() {
  const asked = new Set<string>();
  const own = new Set<string>();
  const vendor = createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS });
  const target = await startVendor(vendor, (app) => {
    app.addHook("onRequest", async ({ method, url }) => {
      if (/\/devices\/|_id=|since=|made-up/.test(url) && !/cursor=|after=/.test(url))
        asked.add(`${method} ${url}`);
    });
    app.addHook("onSend", async (request, reply, payload) => {
      if (typeof payload === "string" && request.url === "/sandbox/devices" && reply.statusCode === 201)
        own.add(JSON.parse(payload).device_id);
      if (request.url.startsWith("/.well-known/")) reply.header("content-type", "text/plain");
      return payload;
    });
  });
  const takeAsked = () => {
    const isOwn = (each: string) => /since=[^&]*\./.test(each) || [...own].some((id) => each.includes(id));
    const taken = [...asked].filter((each) => !isOwn(each)).toSorted();
    asked.clear();
    return taken;
  };
  return { target, takeAsked };
}

test("the same seed repeats all choices, another seed changes them, and a random one is reported", async () => {
  const { target, takeAsked } = await campus();
  const first = await run(target, "--seed", "5");
  const asked = takeAsked();
  expect(asked.filter((each) => /POST .+\/status$/.test(each)).length).toBeGreaterThan(2);
  expect(first.stdout).toMatch(/^seed +5$/m);
  expect(first.stdout).toContain(
    `rerun     convergint-conformance run --target ${target}/ --seed 5 --only MAN-001`,
  );
  await run(target, "--seed", "5");
  expect(takeAsked()).toEqual(asked);
  const drawn = await run(target, "--json");
  const { seed } = JSON.parse(drawn.stdout) as Report;
  expect(drawn.stderr).toMatch(new RegExp(`^· seed ${seed}$`, "m"));
  const others = takeAsked();
  const commanded = (paths: readonly string[]) => paths.filter((each) => /POST .+\/status$/.test(each));
  expect(commanded(others)).not.toEqual(commanded(asked));
  expect(others.filter((each) => each.includes("_id=")).toSorted()).not.toEqual(
    asked.filter((each) => each.includes("_id=")).toSorted(),
  );
}, 60_000);

test.each(["-1", "x", "4294967296", "1.5"])("rejects seed %s", async (text) => {
  const ended = await cli("run", "--target", "http://127.0.0.1:9", "--api-key", "k", `--seed=${text}`);
  expect(ended.stderr).toContain("--seed takes a whole number from 0 to 4294967295");
  expect(ended.code).toBe(2);
});
