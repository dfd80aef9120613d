import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Part, runPart, startPart } from "./part.ts";
import { call, type DeviceView, listDevices, waitForStatus } from "./server-view.ts";

const CAMPUS = "examples/vendor-cloud/src/main.ts";
const INGEST = "packages/ingest/src/main.ts";
const CONFORMANCE = "conformance/src/main.ts";
const BROKEN = {
  file: "conformance/mutants/subjects/serve.ts",
  mutant: "sig-001-reformatted-body",
  breaks: "SIG-001",
};

/** Where the story runs and prints. */
export interface Stage {
  /** A folder for the server's database and the reports. */
  readonly folder: string;
  readonly print: (text: string) => void;
  /** Shows what a long step does now, in place of what it did before. */
  readonly showProgress: (text: string) => void;
  /** Records a running part so that it is stopped at the end. */
  readonly keepPart: (part: Part) => Part;
}

interface Report {
  readonly conclusion: string;
  readonly requirements: readonly { readonly id: string; readonly verdict: string }[];
}

/** The addresses of what the demo started, and the credentials to use it. */
export interface Access {
  readonly campusUrl: string;
  readonly apiKey: string;
  readonly serverUrl: string;
  readonly adminToken: string;
}

/** Certifies a vendor with the CLI, as its CI would. */
async function certify(target: string, apiKey: string, reportFile: string, { showProgress }: Stage) {
  const { code, output } = await runPart(
    {
      file: CONFORMANCE,
      args: ["run", "--target", target, "--report", `json=${reportFile}`],
      env: { CONFORMANCE_API_KEY: apiKey, NO_COLOR: "1" },
    },
    showProgress,
  );
  showProgress("");
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Report;
  return { code, output, report };
}

const indented = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");

/** Returns the end of a terminal report, from the first failure on. */
const fromFirstFailure = (output: string) => {
  const lines = output.split("\n");
  const start = lines.findIndex((line) => /^[✗!?]/.test(line));
  return lines.slice(start === -1 ? -3 : start).join("\n");
};

function expectThat(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

async function certifyCampus(campus: Part, apiKey: string, stage: Stage): Promise<void> {
  const { print, folder } = stage;
  print(`\n2  The conformance CLI certifies this cloud, as the vendor's CI would`);
  const { code, output, report } = await certify(campus.baseUrl, apiKey, join(folder, "campus.json"), stage);
  print(indented(fromFirstFailure(output)));
  expectThat(
    code === 0 && report.conclusion === "certified",
    `The campus was not certified (exit code ${code}).`,
  );
}

async function onboard(campus: Part, apiKey: string, { print, folder, keepPart }: Stage) {
  const adminToken = randomBytes(24).toString("base64url");
  const server = keepPart(
    await startPart({
      file: INGEST,
      args: [
        ...["serve", "--port", "0", "--db", join(folder, "ingest.db")],
        // The campus runs on this machine.
        ...["--allow-private-network", "127.0.0.0/8"],
      ],
      env: {
        CONVERGINT_INGEST_KEY: randomBytes(32).toString("base64"),
        CONVERGINT_INGEST_ADMIN_TOKEN: adminToken,
      },
    }),
  );
  print(`\n3  The ingestion server listens at ${server.baseUrl}`);
  const integration = await call<{ integration_id: string; last_sync: { outcome: string; devices: number } }>(
    `${server.baseUrl}/v1/integrations`,
    { key: adminToken, json: { name: "Example Campus", base_url: campus.baseUrl, api_key: apiKey } },
  );
  const { outcome, devices } = integration.last_sync;
  expectThat(
    outcome === "complete" && devices === campus.ready["devices"],
    `The first sync read ${devices} devices and ended with the outcome ${outcome}.`,
  );
  print(`    The server registered its webhook destination with the campus and polled ${devices} devices:`);
  const counts = new Map<string, number>();
  for (const { status } of await listDevices(server.baseUrl, adminToken)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  print(`    ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}`);
  return { server, adminToken, integrationId: integration.integration_id };
}

const formatStatus = ({ status, status_known_by, status_observed_at }: DeviceView) =>
  `${status.padEnd(8)} from ${status_known_by.padEnd(8)} observed ${status_observed_at}`;

async function takeOffline(
  campus: Part,
  apiKey: string,
  { server, adminToken, integrationId }: Awaited<ReturnType<typeof onboard>>,
  { print }: Stage,
): Promise<void> {
  const cameras = await call<{ data: { device_id: string; type: string; status: string }[] }>(
    `${campus.baseUrl}/v1/devices?limit=1000`,
    { key: apiKey },
  );
  const camera = cameras.data.find(({ type, status }) => type === "camera" && status === "online");
  if (!camera) throw new Error("No camera of the campus is online.");
  const view = `${server.baseUrl}/v1/integrations/${integrationId}/devices/${camera.device_id}`;
  const before = await call<DeviceView>(view, { key: adminToken });
  print(`\n4  A camera goes offline: ${before.name}, ${before.site_name}`);
  print(`    status on the server before   ${formatStatus(before)}`);
  const started = performance.now();
  await call(`${campus.baseUrl}/sandbox/devices/${camera.device_id}/status`, {
    key: apiKey,
    json: { status: "offline" },
  });
  const after = await waitForStatus(view, adminToken, "offline");
  print(`    status on the server after    ${formatStatus(after)}`);
  print(
    `    The new status arrived by signed webhook, ${Math.round(performance.now() - started)} ms after the change in the sandbox.`,
  );
  expectThat(
    before.status === "online",
    `The server showed ${before.status} before the camera went offline.`,
  );
  expectThat(after.status_known_by === "event", "The status came from a poll, not from a webhook.");
}

async function findDefect(apiKey: string, stage: Stage): Promise<void> {
  const { print, keepPart, folder } = stage;
  const broken = keepPart(
    await startPart({
      file: BROKEN.file,
      args: ["--mutant", BROKEN.mutant, "--port", "0", "--api-key", apiKey],
    }),
  );
  print(`\n5  A broken vendor at ${broken.baseUrl}: ${broken.ready["defect"]}`);
  const { code, output, report } = await certify(broken.baseUrl, apiKey, join(folder, "broken.json"), stage);
  print(indented(fromFirstFailure(output)));
  const failed = report.requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
  expectThat(
    code === 1 && report.conclusion === "not_conformant",
    `The run against the broken vendor exited with ${code} and concluded ${report.conclusion}.`,
  );
  expectThat(
    failed.join() === BROKEN.breaks,
    `The broken vendor fails ${failed.join(", ") || "nothing"}, but it should fail only ${BROKEN.breaks}.`,
  );
}

/**
 * Runs the kit end to end and prints each step.
 *
 * @returns how to reach what runs, for people who want to continue with it
 * @throws {Error} if a step has an unexpected result
 */
export async function runStory(stage: Stage): Promise<Access> {
  const { print, keepPart } = stage;
  print("Starting a vendor's cloud …");
  const apiKey = `campus-${randomBytes(12).toString("hex")}`;
  const campus = keepPart(
    await startPart({
      file: CAMPUS,
      args: ["--port", "0", "--seed", "2026"],
      env: { CAMPUS_API_KEY: apiKey },
    }),
  );
  const { devices, sites, orgs } = campus.ready;
  print(`\n1  A vendor's cloud runs at ${campus.baseUrl}`);
  print(`    Example Campus: ${devices} devices at ${sites} sites of ${orgs} orgs.`);
  await certifyCampus(campus, apiKey, stage);
  const consumer = await onboard(campus, apiKey, stage);
  await takeOffline(campus, apiKey, consumer, stage);
  await findDefect(apiKey, stage);
  print(`
Example Campus   CERTIFIED        ${campus.baseUrl}
broken vendor    NOT CONFORMANT   ${BROKEN.breaks}
ingestion        ${consumer.server.baseUrl}`);
  return {
    campusUrl: campus.baseUrl,
    apiKey,
    serverUrl: consumer.server.baseUrl,
    adminToken: consumer.adminToken,
  };
}
