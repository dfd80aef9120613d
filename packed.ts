/**
 * Tests the tarball of each published package, as users install it, not the workspace. Run it after a build.
 *
 * `publint` and `are-the-types-wrong` check every tarball. The packages that support Node 20 are then
 * installed from their tarballs and used on Node 20, from ESM and from CommonJS.
 */
import { execFile } from "node:child_process";
import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = import.meta.dirname;
const BIN = join(ROOT, "node_modules/.bin");
const OLDEST_NODE = "node@20";
const ON_OLDEST_NODE = ["@convergint/webhooks", "@convergint/diagnose", "@convergint/schemas"];

const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
  packageManager: string;
};

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
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

async function useOnOldestNode(tarballs: readonly string[], folder: string): Promise<void> {
  await writeFile(join(folder, "package.json"), "{}");
  await run("npm", ["install", "--no-audit", "--no-fund", "--omit=peer", ...tarballs], { cwd: folder });
  const web = `(name) => import("./node_modules/@convergint/webhooks/dist/web/" + (name.split("/")[2] ?? "index") + ".js")`;
  const programs = {
    "use.mjs": `const load = (name) => import(name);${USE}`,
    "use.cjs": `const load = require; (async () => {${USE}})();`,
    // The build that bundlers choose for runtimes without node:crypto.
    "web.mjs": `const load = ${web};${SIGN_AND_VERIFY}`,
  };
  for (const [file, program] of Object.entries(programs)) {
    await writeFile(join(folder, file), program);
    await run("npx", ["-y", OLDEST_NODE, file], { cwd: folder });
    console.log(`${file} runs on ${OLDEST_NODE}`);
  }
}

const folder = await mkdtemp(join(tmpdir(), "packed-"));
try {
  const onOldest: string[] = [];
  for await (const file of glob(["packages/*/package.json", "conformance/package.json"], { cwd: ROOT })) {
    const manifest = JSON.parse(await readFile(join(ROOT, file), "utf8")) as Manifest;
    if (manifest.private) continue;
    const tarball = await pack(join(ROOT, file, ".."), folder);
    await checkTypes(join(ROOT, file, ".."), manifest.name);
    await checkTarball(tarball, manifest);
    console.log(`${manifest.name}: the package is well formed`);
    if (ON_OLDEST_NODE.includes(manifest.name)) onOldest.push(tarball);
  }
  await useOnOldestNode(onOldest, folder);
} catch (error) {
  const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
  console.error(`${message}\n${stdout}${stderr}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
