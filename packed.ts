/**
 * Tests the tarball of each published package, as users install it, not the workspace. Run it after a build.
 *
 * `publint` and `are-the-types-wrong` check every tarball. All are then installed in a project of `npm init` and used on
 * Node 20, 22 and 24: each package on the versions that it supports, and the commands, which refuse older versions.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = import.meta.dirname;
const BIN = join(ROOT, "node_modules/.bin");
const NODES = [20, 22, 24];

const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
  packageManager: string;
};

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly engines: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** A test that every build of `webhooks` must pass; the builds differ only in `load`. */
const SIGN_AND_VERIFY = `
  const { sign, createVerifier, generateSecret, generateKeyPair, WebhookError } = await load("@convergint/webhooks");
  const pair = await generateKeyPair();
  const secret = generateSecret();
  const body = JSON.stringify({ id: "evt_1" });
  for (const [signing, verifying] of [[secret, secret], [pair.privateKey, pair.publicKey]]) {
    const verify = createVerifier({ keys: verifying });
    const headers = await sign({ id: "evt_1", body, keys: signing });
    const { id } = await verify({ headers, body });
    const refused = await verify({ headers, body: body + " " }).catch((error) => error);
    if (id !== "evt_1" || !(refused instanceof WebhookError)) throw new Error("webhooks verified wrongly");
  }
`;

const USE = `${SIGN_AND_VERIFY}
  const { diagnose } = await load("@convergint/diagnose");
  for (const [signing, verifying] of [[secret, secret], [pair.privateKey, pair.publicKey]]) {
    const headers = await sign({ id: "evt_1", body: "{}", keys: signing });
    const { mistakes: [mistake] = [] } = await diagnose({ headers, body: "{}\\n", keys: verifying });
    if (mistake?.code !== "body_final_newline") throw new Error("diagnose found " + mistake?.code);
  }
  for (const adapter of ["fetch", "node", "fastify", "aws-lambda"]) {
    const exported = await load("@convergint/webhooks/" + adapter);
    if (Object.keys(exported).length === 0) throw new Error(adapter + " exports nothing");
  }
  const { eventSchema } = await load("@convergint/schemas");
  if (eventSchema.safeParse({}).success) throw new Error("schemas accept anything");
`;

async function pack(folder: string, destination: string): Promise<string> {
  const pnpm = ["-y", packageManager, "pack", "--json", "--pack-destination", destination];
  const { stdout } = await run("npx", pnpm, { cwd: folder });
  const { filename } = JSON.parse(stdout) as { filename: string };
  return filename;
}

/** Throws if a type is imported from a package that is not published. */
async function checkTypes(folder: string, name: string): Promise<void> {
  for await (const file of glob("dist/**/*.d.*ts", { cwd: folder })) {
    const types = await readFile(join(folder, file), "utf8");
    if (types.includes("@convergint/internal")) {
      throw new Error(
        `${name}: ${file} imports @convergint/internal, which is not published; see tsup.config.ts of ingest`,
      );
    }
  }
}

async function checkTarball(tarball: string, { exports = {} }: Manifest): Promise<void> {
  await run(join(BIN, "publint"), ["run", tarball, "--strict"]);
  if (!("." in exports)) return; // only a command: it has no types to check
  // Skips the oldest module resolution, because it does not support subpaths and Node 20 does not use it.
  const profile = JSON.stringify(exports).includes('"require"') ? "node16" : "esm-only";
  await run(join(BIN, "attw"), [tarball, "--profile", profile, "--no-emoji"]);
}

/** A test of `tokens` as installed: a consumer signs, and a vendor verifies by the entry that needs no Node module. */
const SIGN_AND_VERIFY_TOKENS = `
  import { generateKeyPairSync } from "node:crypto";
  import { createTokenMinter, readPrivateKey, TokenError } from "@convergint/tokens";
  import { TokenError as Same, verifyConsumerToken } from "@convergint/tokens/verify";
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = readPrivateKey(privateKey.export({ format: "pem", type: "sec1" }));
  const token = await createTokenMinter({ key, issuer: "convergint" }).current();
  const options = { keys: [{ publicKey: key.publicKey() }], issuer: "convergint", algorithms: ["ES256"] };
  const { claims } = await verifyConsumerToken(token, options);
  const refused = await verifyConsumerToken(token + "x", options).catch((error) => error);
  if (claims.iss !== "convergint" || !(refused instanceof TokenError) || TokenError !== Same)
    throw new Error("tokens verified wrongly: " + refused);
`;

/** A test of `profiles` as installed: the tarball has the shipped profiles, and their expressions are evaluated. */
const MAP_BY_PROFILE = `
  import { createEventMapper, listShipped, readProfile, readShipped } from "@convergint/profiles";
  const profile = readProfile(readShipped("convergint-page"));
  const body = { event_id: "e", event_type: "health", device_id: "d", timestamp: "2026-11-23T08:30:00Z", data: { status: "down" } };
  const { events } = createEventMapper(profile)(body, {}, new Date());
  if (listShipped().length === 0 || events[0]?.value.data.status !== "offline")
    throw new Error("profiles mapped wrongly: " + JSON.stringify(events));
`;

/** Finds the program of a major version of Node, which npm installs. */
async function findNode(major: number): Promise<string> {
  const print = ["-y", "--package", `node@${major}`, "node", "--print", "process.execPath"];
  return (await run("npx", print)).stdout.trim();
}

const minNode = ({ engines }: Manifest) => Number(/\d+/.exec(engines.node)?.[0]);

/** Imports every entry of the packages that support a version of Node, and signs and verifies with each build. */
async function usePackages(node: string, major: number, manifests: readonly Manifest[], folder: string) {
  const entries = manifests
    .filter((manifest) => minNode(manifest) <= major)
    .flatMap(({ name, exports = {} }) =>
      Object.keys(exports).flatMap((entry) => (entry.endsWith(".json") ? [] : [name + entry.slice(1)])),
    );
  const web = `(name) => import("./node_modules/@convergint/webhooks/dist/web/" + (name.split("/")[2] ?? "index") + ".js")`;
  const programs: Record<string, string> = {
    "use.mjs": `const load = (name) => import(name);${USE}`,
    "use.cjs": `const load = require; (async () => {${USE}})();`,
    // The build that bundlers choose for runtimes without node:crypto.
    "tokens.mjs": SIGN_AND_VERIFY_TOKENS,
    "web.mjs": `const load = ${web};${SIGN_AND_VERIFY}`,
    "all.mjs": `for (const entry of ${JSON.stringify(entries)}) await import(entry);`,
  };
  if (entries.includes("@convergint/profiles")) programs["profiles.mjs"] = MAP_BY_PROFILE;
  for (const [file, program] of Object.entries(programs)) {
    await writeFile(join(folder, file), program);
    await run(node, [file], { cwd: folder });
  }
  console.log(`Node ${major}: ${entries.join(", ")}`);
}

/** Runs each command on a version of Node; a version that is too old must be refused in one line. */
async function useCommands(node: string, major: number, manifests: readonly Manifest[], folder: string) {
  for (const manifest of manifests) {
    for (const [command, file] of Object.entries(manifest.bin ?? {})) {
      const main = join(folder, "node_modules", manifest.name, file);
      const ended = await run(node, [main, "--help"], { cwd: folder }).catch((error) => error);
      const works = minNode(manifest) <= major;
      const expected = works ? /^Usage: / : /^[\w-]+: Node [\d.]+ is too old\. Run Node [\d.]+ or later\.\n$/;
      if (!expected.test(works ? ended.stdout : ended.stderr))
        throw new Error(`${command} on Node ${major}: ${ended.stdout}${ended.stderr}`);
    }
  }
}

/** Follows the first steps of the suite's README against the campus, in a project that `npm init` created. */
async function followReadme(node: string, major: number, target: string, folder: string) {
  const main = join(folder, "node_modules/@convergint/conformance/dist/main.js");
  const env = { ...process.env, CONFORMANCE_API_KEY: "secret" };
  await run(node, [main, "init", "--force", "--target", target], { cwd: folder });
  // The exit code is 4, because a run of one requirement certifies nothing.
  const ended = await run(node, [main, "run", "--only", "MAN-001"], { cwd: folder, env }).catch(
    (error) => error,
  );
  if (ended.code !== 4 || !ended.stdout.includes("✓ MAN-001"))
    throw new Error(`init, then run on Node ${major}: ${ended.stdout}${ended.stderr}`);
  console.log(`Node ${major}: convergint-conformance init, then run`);
}

/** Starts the server as its README says, and stops it. */
async function startServer(node: string, major: number, folder: string) {
  const main = join(folder, "node_modules/@convergint/ingest/dist/main.js");
  const server = spawn(node, [main, "serve", "--port", "0", "--db", "ingest.db"], { cwd: folder });
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { base_url } = JSON.parse(line.toString()) as { base_url: string };
  const { status } = await fetch(`${base_url}/readyz`);
  server.kill("SIGTERM");
  const [code] = (await once(server, "exit")) as [number | null];
  if (status !== 200 || code !== 0) throw new Error(`serve on Node ${major}: ready ${status}, exit ${code}`);
  console.log(`Node ${major}: convergint-ingest serve`);
}

async function startCampus(): Promise<{ readonly target: string; readonly stop: () => void }> {
  const main = join(ROOT, "examples/vendor-cloud/dist/main.js");
  const campus = spawn(process.execPath, [main, "--port", "0", "--seed", "1", "--api-key", "secret"]);
  const [line] = (await once(campus.stdout, "data")) as [Buffer];
  return { target: JSON.parse(line.toString()).base_url, stop: () => campus.kill() };
}

async function useInstalled(tarballs: readonly string[], manifests: readonly Manifest[], folder: string) {
  await run("npm", ["init", "-y"], { cwd: folder });
  await run("npm", ["install", "--no-audit", "--no-fund", ...tarballs], { cwd: folder });
  const campus = await startCampus();
  try {
    for (const major of NODES) {
      const node = await findNode(major);
      await usePackages(node, major, manifests, folder);
      await useCommands(node, major, manifests, folder);
      const supports = (name: string) =>
        manifests.some((manifest) => manifest.name === name && minNode(manifest) <= major);
      if (supports("@convergint/conformance")) await followReadme(node, major, campus.target, folder);
      if (supports("@convergint/ingest")) await startServer(node, major, folder);
    }
  } finally {
    campus.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), "packed-"));
try {
  const tarballs: string[] = [];
  const manifests: Manifest[] = [];
  for await (const file of glob(["packages/*/package.json", "conformance/package.json"], { cwd: ROOT })) {
    const manifest = JSON.parse(await readFile(join(ROOT, file), "utf8")) as Manifest;
    if (manifest.private) continue;
    const tarball = await pack(join(ROOT, file, ".."), folder);
    await checkTypes(join(ROOT, file, ".."), manifest.name);
    await checkTarball(tarball, manifest);
    console.log(`${manifest.name}: the package is well formed`);
    tarballs.push(tarball);
    manifests.push(manifest);
  }
  await useInstalled(tarballs, manifests, folder);
} catch (error) {
  const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
  console.error(`${message}\n${stdout}${stderr}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
