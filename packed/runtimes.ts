import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SIGN_AND_VERIFY } from "./installed.ts";
import { type Manifest, ROOT, run } from "./tarballs.ts";

/** The runtimes, which npm installs. They are no dependencies of the repository, because they take 400 MB. */
const RUNTIMES = ["bun@1.4.5", "deno@2.9.6", "workerd@1.20261117.1"];

/** Uses the types as a user's strict compiler resolves them: in Node's way, as ESM and CommonJS, and in a bundler's. */
export async function useFromTypeScript(manifests: readonly Manifest[], folder: string): Promise<void> {
  const entries = (wanted: (target: string) => boolean) =>
    manifests.flatMap(({ name, exports = {} }) =>
      Object.entries(exports).flatMap(([entry, target]) =>
        entry.endsWith(".json") || !wanted(JSON.stringify(target)) ? [] : [name + entry.slice(1)],
      ),
    );
  const program = (names: readonly string[]) => `
    ${names.map((name, index) => `import * as entry${index} from "${name}";`).join("\n")}
    import { createSigner, createVerifier, type Signer, type WebhookHeaders } from "@convergint/webhooks";
    import { type Device, eventSchema } from "@convergint/schemas";
    export const entries: readonly object[] = [${names.map((_, index) => `entry${index}`).join(", ")}];
    const keys = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const sign: Signer = createSigner({ keys });
    export const headers: Promise<WebhookHeaders> = sign({ id: "evt_1", body: "{}" });
    export const verify = createVerifier({ keys, schema: eventSchema });
    export const idOf = async (body: string) => (await verify({ headers: await headers, body })).event.id satisfies string;
    export const nameOf = (device: Device): string | null | undefined => device.name;
    // @ts-expect-error A signer needs keys. This line is an error unless the types are found.
    createSigner({});
  `;
  const all = program(entries(() => true));
  const files = {
    "use.mts": all,
    "bundled.ts": all,
    "use.cts": program(entries((target) => target.includes('"require"'))),
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  const common = {
    strict: true,
    noEmit: true,
    target: "es2022",
    lib: ["esnext", "dom"],
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    skipLibCheck: true,
  };
  const projects = {
    nodenext: { compilerOptions: { ...common, module: "nodenext" }, files: ["use.mts", "use.cts"] },
    bundler: {
      compilerOptions: { ...common, module: "esnext", moduleResolution: "bundler" },
      files: ["bundled.ts"],
    },
  };
  for (const [name, project] of Object.entries(projects)) {
    const file = join(folder, `tsconfig.${name}.json`);
    await writeFile(file, JSON.stringify(project));
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", file], { cwd: folder });
  }
}

/** The worker of workerd: `workerd test` calls its `test`. */
const WORKER = (entry: string) => `
  const load = () => import("${entry}");
  export default { async test() {${SIGN_AND_VERIFY}} };
`;

/** Writes a configuration whose worker has the files of the web build, as a bundler would choose them. */
async function writeWorker(folder: string, build: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(build, join(folder, "web"), { recursive: true });
  const files = (await readdir(build)).filter((file) => file.endsWith(".js")).map((file) => `web/${file}`);
  await writeFile(join(folder, "worker.js"), WORKER("web/index.js"));
  const modules = ["worker.js", ...files].map((file) => `(name = "${file}", esModule = embed "${file}")`);
  await writeFile(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (compatibilityDate = "2026-01-01", modules = [${modules.join(", ")}]);
`,
  );
}

/** Says loudly that a runtime was not tested, because its program does not run on this machine. */
const skip = (name: string, error: unknown) =>
  console.error(`SKIPPED: ${name} does not run here: ${String(error).split("\n")[0]}`);

/** Signs and verifies on Bun, Deno and workerd with the installed packages. */
export async function useOnOtherRuntimes(folder: string): Promise<void> {
  const programs = join(folder, "../runtimes");
  await mkdir(programs);
  await run("npm", ["init", "-y"], { cwd: programs });
  await run("npm", ["install", "--no-audit", "--no-fund", ...RUNTIMES], { cwd: programs });
  await writeWorker(join(folder, "worker"), join(folder, "node_modules/@convergint/webhooks/dist/web"));
  await writeFile(join(folder, "runtime.mjs"), `const load = (name) => import(name);${SIGN_AND_VERIFY}`);
  const uses = {
    bun: ["run", "runtime.mjs"],
    deno: ["run", "--node-modules-dir=manual", "--cached-only", "--allow-env", "runtime.mjs"],
    workerd: ["test", "worker/config.capnp"],
  };
  for (const [name, args] of Object.entries(uses)) {
    const program = join(programs, "node_modules/.bin", name);
    const version = await run(program, ["--version"]).catch((error: unknown) => skip(name, error));
    if (version === undefined) continue;
    await run(program, args, { cwd: folder });
    console.log(`${version.stdout.split("\n")[0]?.trim()}: @convergint/webhooks signs and verifies`);
  }
}
