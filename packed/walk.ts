import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { findNode } from "./installed.ts";
import { ROOT, run } from "./tarballs.ts";

/** A project of a user: an empty folder after `npm init -y`, and a package's README. */
interface Project {
  readonly folder: string;
  /** The README's blocks of code in a language, in order. */
  readonly blocks: (language: "sh" | "ts") => readonly string[];
  /** Runs a shell command there, with a version of Node. */
  readonly shell: (
    command: string,
    major: number,
  ) => Promise<{ readonly stdout: string; readonly stderr: string }>;
}

/** Creates an empty project, and installs what the first command of a README installs. */
async function startProject(kit: string, name: string, readme: string): Promise<Project> {
  const folder = join(kit, `walk-${name}`);
  await mkdir(folder);
  const page = await readFile(join(ROOT, readme), "utf8");
  const blocks = (language: "sh" | "ts") =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]+?)^\`\`\``, "gm"))].map(
      ([, block = ""]) => block,
    );
  const shell = async (command: string, major: number) => {
    const path = `${join(await findNode(major), "..")}:${process.env["PATH"]}`;
    return run("bash", ["-ec", command], { cwd: folder, env: { ...process.env, PATH: path, KIT: kit } });
  };
  await shell("npm init -y", 24);
  const install = blocks("sh")[0]
    ?.split("\n")
    .find((line) => line.startsWith("npm install "));
  if (install === undefined) throw new Error(`${readme} does not begin with npm install`);
  await shell(install.replace("npm install", "npm install --no-audit --no-fund"), 24);
  return { folder, blocks, shell };
}

/** Express with the handler of `@convergint/webhooks`; it prints what it accepts, and ends after one request. */
const EXPRESS = `
  import { createSigner } from "@convergint/webhooks";
  import { createWebhookHandler } from "@convergint/webhooks/node";
  import express from "express";
  const keys = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const app = express();
  app.post("/hooks", createWebhookHandler({ keys, onWebhook: async ({ id }) => console.log("accepted", id) }));
  const server = app.listen(0, "127.0.0.1", async () => {
    const post = (headers) => fetch("http://127.0.0.1:" + server.address().port + "/hooks", { method: "POST", body: "{}", headers: { "content-type": "application/cloudevents+json", ...headers } });
    const signed = await createSigner({ keys })({ id: "evt_1", body: "{}" });
    const forged = { ...signed, "webhook-id": "evt_2" };
    console.log((await post(signed)).status, (await post(forged)).status);
    server.close();
  });
`;

/** A vendor signs on Node 20, with the first sample of the README, and Express verifies. */
async function signAndVerify(kit: string): Promise<void> {
  const { folder, blocks, shell } = await startProject(kit, "webhooks", "packages/webhooks/README.md");
  await writeFile(join(folder, "sign.mjs"), blocks("ts")[0] ?? "");
  const signed = await shell("node sign.mjs", 20);
  if (!/'webhook-signature': 'v1,/.test(signed.stdout)) throw new Error(`sign on Node 20: ${signed.stdout}`);
  await shell("npm install --no-audit --no-fund express@5", 24);
  await writeFile(join(folder, "express.mjs"), EXPRESS);
  const { stdout } = await shell("node express.mjs", 20);
  if (stdout !== "accepted evt_1\n204 401\n") throw new Error(`verify in Express: ${stdout}`);
}

/** Starts the smallest example vendor in an empty folder, with the packages from tarballs. */
async function startVendor(kit: string): Promise<{ readonly target: string; readonly stop: () => void }> {
  const { folder, shell } = await startProject(kit, "vendor", "packages/vendor/README.md");
  for (const file of ["vendor.ts", "devices.json"])
    await cp(join(ROOT, "examples/vendor-minimal", file), join(folder, file));
  await shell("npm pkg set type=module", 24);
  const env = { ...process.env, VENDOR_SANDBOX: "1", VENDOR_API_KEY: "secret", PORT: "0" };
  const vendor = spawn(await findNode(24), ["vendor.ts"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(vendor.stdout, "data")) as [Buffer];
  const [, target = ""] = /Serving (\S+)\/\.well-known/.exec(line.toString()) ?? [];
  return { target, stop: () => vendor.kill() };
}

/** Certifies the smallest example vendor with the commands of the suite's README; on the oldest Node, one requirement. */
async function certifyVendor(kit: string): Promise<void> {
  const { blocks, shell } = await startProject(kit, "conformance", "conformance/README.md");
  const vendor = await startVendor(kit);
  try {
    const [, init = "", certify = ""] = (blocks("sh")[0] ?? "").split("\n");
    const command = certify.replace("CONFORMANCE_API_KEY=…", "CONFORMANCE_API_KEY=secret");
    const target = init.replace(/--target \S+/, `--target ${vendor.target}`);
    await shell(target, 22);
    const one = await shell(`${command} --only MAN-001 || [ $? = 4 ]`, 22);
    if (!one.stdout.includes("✓ MAN-001")) throw new Error(`${command}: ${one.stdout}${one.stderr}`);
    await shell(`${target} --force`, 24);
    const all = await shell(command, 24);
    if (!/^CERTIFIED .*resilience/m.test(all.stdout)) throw new Error(`${command}: ${all.stdout}`);
  } finally {
    vendor.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Starts the server with the command of its README, and stops it as a service manager would. */
async function startServer(kit: string): Promise<void> {
  const { folder, blocks } = await startProject(kit, "ingest", "packages/ingest/README.md");
  const serve =
    blocks("sh")[0]
      ?.split("\n")
      .find((line) => line.includes("convergint-ingest serve")) ?? "";
  const [, ...args] = serve.replace("8080", String(await freePort())).split(" ");
  const main = join(folder, "node_modules/.bin", args[0] ?? "");
  const server = spawn(await findNode(24), [main, ...args.slice(1)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { status } = await fetch(`${JSON.parse(line.toString()).base_url}/readyz`);
  server.kill("SIGTERM");
  const [code] = (await once(server, "exit")) as [number | null];
  if (status !== 200 || code !== 0) throw new Error(`${serve}: ready ${status}, exit ${code}`);
}

/** Creates a vendor from a CSV file with the commands of the README of `create-vendor`, and certifies it. */
async function createVendor(kit: string): Promise<void> {
  const { folder, blocks, shell } = await startProject(kit, "create", "packages/create-vendor/README.md");
  const devices = "Name;Device type;Location\nLobby;IP camera;HQ\nDock;camera;HQ\nGate;door;Depot\n";
  await writeFile(join(folder, "devices.csv"), devices);
  const [, ...commands] = (blocks("sh")[0] ?? "").split("\n");
  const { stdout } = await shell(commands.join("\n"), 24);
  if (!/^CERTIFIED {2}health, resilience: /m.test(stdout)) throw new Error(`create-vendor: ${stdout}`);
}

/**
 * Follows the READMEs from tarballs only, each in an empty folder.
 *
 * @param kit the folder that the READMEs call `$KIT`: it contains `tarballs/`
 */
export async function followReadmes(kit: string): Promise<void> {
  const follow = async (step: (kit: string) => Promise<void>) => {
    const start = performance.now();
    await step(kit);
    console.log(`${step.name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  };
  for (const step of [signAndVerify, certifyVendor, startServer, createVendor]) await follow(step);
}
