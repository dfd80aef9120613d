import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, createCampus, createEstate } from "@convergint/example-vendor-cloud";
import { beforeAll, describe, expect, test } from "vitest";
import { formatNames } from "../report/formats.ts";
import { cli, standing, start, temporaryFolder } from "./testing/world.ts";

const SEED = 11;
/** Every credential that a run can be given. */
const GIVEN = {
  "--api-key": "canary-api-key-5f2e9c1b7d",
  "--second-api-key": "canary-second-key-8a41d0e6c3",
  "--withdrawn-api-key": "canary-withdrawn-key-1c9b77f0aa",
  "--production-api-key": "canary-production-key-e03d5b92f4",
  "--client-id": "client-of-the-suite",
  "--client-secret": "canary-client-secret-7b60c2d9e8",
} as const;
const GIVEN_SECRETS = Object.entries(GIVEN).flatMap(([flag, value]) =>
  flag === "--client-id" ? [] : [value],
);
const [firstOrg, ...otherOrgs] = createEstate(SEED, new Date()).orgs.map(({ org_id }) => org_id);

/** A vendor that lets slip whatever it knows, wherever it can. @param secrets gets what the vendor makes */
function careless(secrets: Set<string>): Promise<string> {
  /** A token of another run is nothing that this run could know; a signing secret is one to whoever sees it. */
  const signing = () => [...secrets].filter((secret) => secret.startsWith("whsec_"));
  const campus: Campus = createCampus({
    seed: SEED,
    apiKeys: [
      { key: GIVEN["--api-key"], orgIds: firstOrg ? [firstOrg] : [] },
      { key: GIVEN["--second-api-key"], orgIds: otherOrgs },
      { key: GIVEN["--production-api-key"], orgIds: firstOrg ? [firstOrg] : [], production: true },
    ],
    withdrawnKeys: [GIVEN["--withdrawn-api-key"]],
    oauthClients: [
      {
        clientId: GIVEN["--client-id"],
        clientSecret: GIVEN["--client-secret"],
        orgIds: firstOrg ? [firstOrg] : [],
      },
    ],
    send: (request, post) =>
      post({ ...request, headers: { ...request.headers, "x-debug": signing().join(" ") } }),
  });
  return standing(campus, (app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      const said = /^(?:Bearer|Basic) (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      reply.header("x-debug", said);
      if (typeof payload !== "string" || payload === "") return payload;
      const answer = JSON.parse(payload);
      if (typeof answer.secret === "string") secrets.add(answer.secret);
      if (typeof answer.access_token === "string") secrets.add(answer.access_token);
      if (request.url.startsWith("/v1/devices/"))
        Object.assign(answer, {
          seen: said,
          encoded: Buffer.from(said).toString("base64"),
          link: `https://vendor.example/?key=${encodeURIComponent(said)}`,
          all: signing(),
        });
      if (reply.statusCode >= 400)
        answer.detail = `We do not know ${said} (${request.headers.authorization}).`;
      return JSON.stringify(answer);
    });
  });
}

/** A secret in the ways in which it is written. */
function writingsOf(secret: string): string[] {
  const bare = secret.replace(/^whs(?:ec|k)_/, "");
  return [secret, bare].flatMap((each) => [
    each,
    encodeURIComponent(each),
    Buffer.from(each).toString("hex"),
    // The middle of its base64, which is the same wherever it begins.
    ...[0, 1, 2].map((shift) =>
      Buffer.from(" ".repeat(shift) + each)
        .toString("base64")
        .slice(4, -6),
    ),
  ]);
}

const secrets = new Set<string>();
const outputs = new Map<string, string>();

beforeAll(async () => {
  const folder = await temporaryFolder();
  const target = await careless(secrets);
  const file = (name: string) => join(folder, name);
  const flags = Object.entries(GIVEN).flat();
  const keep = async (name: string, running: ReturnType<typeof cli>) => {
    const { stdout, stderr } = await running;
    outputs.set(`${name} on stdout`, stdout);
    outputs.set(`${name} on stderr`, stderr);
  };
  const reports = formatNames.flatMap((format) => ["--report", `${format}=${file(format)}`]);
  const run = ["run", "--target", target, ...flags, "--profile", "health"];
  await keep("run", cli(...run, ...reports, "--bundle", file("bundle")));
  for (const name of [...formatNames, "bundle"]) outputs.set(name, await readFile(file(name), "utf8"));
  await keep("run --json", cli(...run, "--json"));
  await keep("regrade", cli("regrade", file("bundle")));
  await keep("regrade --json", cli("regrade", file("bundle"), "--json"));
  await keep("run of a vendor that is not there", cli("run", "--target", "http://127.0.0.1:9", ...flags));
  await keep("run with a flag that there is not", cli(...run, "--no-such-flag"));
  await keep("certify of what did not certify", cli("certify", file("bundle"), "--key", file("none")));
  const interrupted = start(...run);
  await interrupted.saying("List the whole inventory");
  interrupted.child.kill("SIGINT");
  await keep("an interrupted run", interrupted.ended);
  await keep("keygen", cli("keygen", file("vendor.key")));
  secrets.add((await readFile(file("vendor.key"), "utf8")).replaceAll(/-----[A-Z ]+-----|\s/g, ""));
}, 120_000);

describe("no secret that a run was given, made or heard of", () => {
  test("is missing from what is looked for", () => {
    // API keys, client secret; secrets of endpoints, rotated ones among them; access tokens; a private key.
    expect([...secrets].filter((secret) => secret.startsWith("whsec_")).length).toBeGreaterThan(5);
    expect([...secrets].length).toBeGreaterThan(8);
    expect([...outputs.values()].filter((text) => text.length > 0).length).toBeGreaterThan(15);
    // What was let slip came through: a reader sees that something was taken out.
    expect(outputs.get("bundle")).toContain("stand_ins");
  });

  test.each([...GIVEN_SECRETS, "an endpoint's secret or an access token"])(
    "is in any output: %s",
    (secret) => {
      const looked = GIVEN_SECRETS.includes(secret as never) ? [secret] : [...secrets];
      for (const [name, text] of outputs) {
        const found = looked.flatMap(writingsOf).filter((writing) => text.includes(writing));
        expect([name, found]).toEqual([name, []]);
      }
    },
  );
});
