import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, minNode, run } from "./tarballs.ts";

const NODES = [20, 22, 24];

/** A test that every build of `webhooks` must pass; the builds differ only in `load`. */
export const SIGN_AND_VERIFY = `
  const { sign, createSigner, createVerifier, generateSecret, generateKeyPair, WebhookError } = await load("@convergint/webhooks");
  const pair = await generateKeyPair();
  const secret = generateSecret();
  const body = JSON.stringify({ id: "evt_1" });
  for (const [signing, verifying] of [[secret, secret], [pair.privateKey, pair.publicKey]]) {
    const verify = createVerifier({ keys: verifying });
    const headers = await createSigner({ keys: signing })({ id: "evt_1", body });
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

const found = new Map<number, Promise<string>>();

async function askNpx(major: number): Promise<string> {
  const print = ["-y", "--package", `node@${major}`, "node", "--print", "process.execPath"];
  return (await run("npx", print)).stdout.trim();
}

/** Finds the program of a major version of Node, which npm installs. */
export function findNode(major: number): Promise<string> {
  const program = found.get(major) ?? askNpx(major);
  found.set(major, program);
  return program;
}

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

/** Uses packages that are installed in a folder, on each version of Node that they support. */
export async function useOnNode(manifests: readonly Manifest[], folder: string): Promise<void> {
  for (const major of NODES) {
    const node = await findNode(major);
    await usePackages(node, major, manifests, folder);
    await useCommands(node, major, manifests, folder);
  }
}
