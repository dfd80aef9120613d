import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Part, run, stand } from "./part.ts";
import { allDevices, call, type DeviceView, untilStatus } from "./server-view.ts";

const CAMPUS = "examples/vendor-cloud/dist/main.js";
const INGEST = "packages/ingest/dist/main.js";
const CONFORMANCE = "conformance/dist/main.js";
const BROKEN = {
  file: "conformance/mutants/subjects/serve.ts",
  mutant: "sig-001-reformatted-body",
  breaks: "SIG-001",
};

/** Where the story is told, and what it leaves behind. */
export interface Stage {
  /** A folder for the server's database and the reports. */
  readonly folder: string;
  readonly say: (text: string) => void;
  /** Keeps a standing part, to be stopped when all is over. */
  readonly standing: (part: Part) => Part;
}

interface Report {
  readonly conclusion: string;
  readonly requirements: readonly { readonly id: string; readonly verdict: string }[];
}

/** Certifies a vendor with the CLI, as its own CI would. */
async function certify(target: string, apiKey: string, reportFile: string) {
  const { code, output } = await run({
    file: CONFORMANCE,
    args: ["run", "--target", target, "--report", `json=${reportFile}`],
    env: { CONFORMANCE_API_KEY: apiKey, NO_COLOR: "1" },
  });
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Report;
  return { code, output, report };
}

const indented = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");

/** The end of a report on the terminal, from the first failure on. */
const fromFirstFailure = (output: string) => {
  const lines = output.split("\n");
  const start = lines.findIndex((line) => /^[✗!?]/.test(line));
  return lines.slice(start === -1 ? -3 : start).join("\n");
};

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

async function certifyCampus(campus: Part, apiKey: string, { say, folder }: Stage): Promise<void> {
  say(`\n2  The conformance CLI certifies it, as the vendor's own CI would`);
  const { code, output, report } = await certify(campus.baseUrl, apiKey, join(folder, "campus.json"));
  say(indented(fromFirstFailure(output)));
  expectThat(code === 0 && report.conclusion === "certified", `the campus was not certified (exit ${code})`);
}

async function onboard(campus: Part, apiKey: string, { say, folder, standing }: Stage) {
  const adminToken = randomBytes(24).toString("base64url");
  const server = standing(
    await stand({
      file: INGEST,
      args: ["serve", "--port", "0", "--db", join(folder, "ingest.db")],
      env: {
        CONVERGINT_INGEST_KEY: randomBytes(32).toString("base64"),
        CONVERGINT_INGEST_ADMIN_TOKEN: adminToken,
      },
    }),
  );
  say(`\n3  The ingestion server listens at ${server.baseUrl}`);
  const integration = await call<{ integration_id: string; last_sync: { outcome: string; devices: number } }>(
    `${server.baseUrl}/v1/integrations`,
    { key: adminToken, json: { name: "Example Campus", base_url: campus.baseUrl, api_key: apiKey } },
  );
  const { outcome, devices } = integration.last_sync;
  expectThat(outcome === "complete" && devices === campus.said["devices"], `the first sync was ${outcome}`);
  say(`    It registered its webhook destination at the campus and polled ${devices} devices:`);
  const counts = new Map<string, number>();
  for (const { status } of await allDevices(server.baseUrl, adminToken)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  say(`    ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}`);
  return { server, adminToken, integrationId: integration.integration_id };
}

const shown = ({ status, status_known_by, status_observed_at }: DeviceView) =>
  `${status.padEnd(8)} known by ${status_known_by.padEnd(8)} observed ${status_observed_at}`;

async function takeOffline(
  campus: Part,
  apiKey: string,
  { server, adminToken, integrationId }: Awaited<ReturnType<typeof onboard>>,
  { say }: Stage,
): Promise<void> {
  const cameras = await call<{ data: { device_id: string; type: string; status: string }[] }>(
    `${campus.baseUrl}/v1/devices?limit=1000`,
    { key: apiKey },
  );
  const camera = cameras.data.find(({ type, status }) => type === "camera" && status === "online");
  if (!camera) throw new Error("no camera of the campus is online");
  const view = `${server.baseUrl}/v1/integrations/${integrationId}/devices/${camera.device_id}`;
  const before = await call<DeviceView>(view, { key: adminToken });
  say(`\n4  A camera goes offline: ${before.name}, ${before.site_name}`);
  say(`    the server's view before   ${shown(before)}`);
  const started = performance.now();
  await call(`${campus.baseUrl}/sandbox/devices/${camera.device_id}/status`, {
    key: apiKey,
    json: { status: "offline" },
  });
  const after = await untilStatus(view, adminToken, "offline");
  say(`    the server's view after    ${shown(after)}`);
  say(
    `    A signed webhook said so; ${Math.round(performance.now() - started)} ms from the sandbox to the view.`,
  );
  expectThat(before.status === "online", `the server showed ${before.status} before the camera went offline`);
  expectThat(after.status_known_by === "event", "the server learnt of it by polling, not by webhook");
}

async function findDefect(apiKey: string, { say, standing, folder }: Stage): Promise<void> {
  const broken = standing(
    await stand({ file: BROKEN.file, args: ["--mutant", BROKEN.mutant, "--port", "0", "--api-key", apiKey] }),
  );
  say(`\n5  A broken vendor at ${broken.baseUrl}: ${broken.said["defect"]}`);
  const { code, output, report } = await certify(broken.baseUrl, apiKey, join(folder, "broken.json"));
  say(indented(fromFirstFailure(output)));
  const failed = report.requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
  expectThat(code === 1 && report.conclusion === "not_conformant", `the broken vendor ended in exit ${code}`);
  expectThat(failed.join() === BROKEN.breaks, `it was found to break ${failed.join(", ") || "nothing"}`);
}

/**
 * The main job of the kit, end to end. Everything it says has happened.
 *
 * @throws where anything did not happen as it should
 */
export async function tell(stage: Stage): Promise<void> {
  const { say, standing } = stage;
  const apiKey = `campus-${randomBytes(12).toString("hex")}`;
  const campus = standing(
    await stand({ file: CAMPUS, args: ["--port", "0", "--seed", "2026"], env: { CAMPUS_API_KEY: apiKey } }),
  );
  const { devices, sites, orgs } = campus.said;
  say(`\n1  A vendor's cloud runs at ${campus.baseUrl}`);
  say(`    Example Campus: ${devices} devices at ${sites} sites of ${orgs} orgs.`);
  await certifyCampus(campus, apiKey, stage);
  const consumer = await onboard(campus, apiKey, stage);
  await takeOffline(campus, apiKey, consumer, stage);
  await findDefect(apiKey, stage);
  say(`
Example Campus   CERTIFIED        ${campus.baseUrl}
broken vendor    NOT CONFORMANT   ${BROKEN.breaks}
ingestion        ${consumer.server.baseUrl}`);
}
