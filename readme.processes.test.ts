import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = import.meta.dirname;
const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Sample {
  readonly name: string;
  /** A folder in which the packages resolve as if a user had installed them. */
  readonly folder: string;
  readonly code: string;
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/**
 * Creates a folder next to a package's source, in which the package's own name and its dependencies resolve.
 */
async function folderIn(place: string): Promise<string> {
  const folder = await mkdtemp(join(ROOT, place, ".readme-"));
  folders.push(folder);
  return folder;
}

const files = ["README.md"];
for await (const file of glob(["packages/*/README.md", "conformance/README.md", "docs/*.md"], { cwd: ROOT }))
  files.push(file);

const samples: Sample[] = [];
for (const file of files.toSorted()) {
  const text = await readFile(join(ROOT, file), "utf8");
  // The samples of the root README and of the pages import the packages of a Convergint service, so they run in the server's
  // folder.
  const folder = await folderIn(/^(?:README|docs\/.*)\.md$/.test(file) ? "packages/ingest" : dirname(file));
  for (const [, indent = "", code = ""] of text.matchAll(/^( *)```ts\n([\s\S]+?)^ *```/gm)) {
    samples.push({
      name: `${file}, sample ${samples.length + 1}`,
      folder,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    });
  }
}

describe("the code samples of every README", () => {
  test("are found", () => {
    expect(samples.filter(({ name }) => name.startsWith("README.md"))).toHaveLength(2);
    expect(samples.length).toBeGreaterThanOrEqual(5);
  });

  test.each(samples)("$name runs", async ({ name, folder, code }) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.mjs`);
    await writeFile(file, code);
    const { stdout, stderr } = await run(process.execPath, ["--conditions=@convergint/source", file]);
    expect(stdout.trim()).not.toBe("");
    expect(stderr).toBe("");
  });
});

test("the commands for a vendor and for Convergint do what the README says", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [vendorPort, serverPort] = [await freePort(), await freePort()];
  const folder = await folderIn("packages/ingest");
  const blocks = [...readme.matchAll(/^ {3}```sh\n([\s\S]+?)^ {3}```/gm)].map(([, block = ""]) =>
    block
      .replaceAll("4010", String(vendorPort))
      .replaceAll("8080", String(serverPort))
      .replaceAll("ingest.db", join(folder, "ingest.db"))
      .replaceAll("report.json", join(folder, "report.json")),
  );
  const [campus = "", certify = "", ingest = "", onboard = ""] = blocks;
  const running: ChildProcess[] = [];
  const start = async (block: string) => {
    const child = spawn("bash", ["-c", block], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    running.push(child);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return JSON.parse(line.toString()) as unknown;
  };
  try {
    expect(await start(campus)).toMatchObject({ base_url: `http://127.0.0.1:${vendorPort}`, devices: 1200 });
    const certified = await run("bash", ["-c", certify], { cwd: ROOT }).catch(({ stdout, stderr }) => ({
      stdout,
      stderr,
    }));
    // On failure, show which requirement failed.
    expect(certified.stdout, certified.stdout).toMatch(/\nCERTIFIED .*resilience/);
    // The only test with as many devices as a real run changes.
    expect(certified.stderr).toContain("changing 500 devices at the same time");
    expect(JSON.parse(await readFile(join(folder, "report.json"), "utf8"))).toMatchObject({
      conclusion: "certified",
    });
    expect(await start(ingest)).toMatchObject({ base_url: `http://127.0.0.1:${serverPort}` });
    const { stdout } = await run("bash", ["-c", onboard], { cwd: ROOT });
    expect(stdout).toContain("complete, 1200 devices");
    expect(stdout).toContain(`"status":"offline"`);
  } finally {
    // Each command leads a process group, which includes npx and pnpm; stops the whole group.
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, "SIGTERM");
  }
});

test("every file that names a version of pnpm names the pinned one", async () => {
  const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    packageManager: string;
  };
  for (const file of [
    "README.md",
    "RELEASING.md",
    ".ci/run",
    ".devcontainer/Dockerfile",
    ".github/workflows/release.yml",
    "action.yml",
    "examples/ci/gitlab.yml",
  ]) {
    const named = [...(await readFile(join(ROOT, file), "utf8")).matchAll(/pnpm@[\d.]+\d/g)].map(
      ([version]) => version,
    );
    expect(new Set(named), file).toEqual(new Set([packageManager]));
  }
});
