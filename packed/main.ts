/**
 * Tests the tarball of each published package, as users install it, not the workspace. Run it after a build.
 *
 * Each tarball is checked (`check-package.ts`), and its types are compared with the API report in git. All are then
 * installed in a project of `npm init`, and used: on Node 20, 22 and 24 (`installed.ts`), from TypeScript, Bun, Deno and
 * workerd (`runtimes.ts`). Last, the commands and samples of the READMEs are followed in empty folders (`walk.ts`).
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { updateApiReports } from "./api-reports.ts";
import { checkPackage } from "./check-package.ts";
import { useOnNode } from "./installed.ts";
import { useFromTypeScript, useOnOtherRuntimes } from "./runtimes.ts";
import { type Packed, packAll, run } from "./tarballs.ts";
import { followReadmes } from "./walk.ts";

/** Runs a step and prints how long it took. */
async function time(step: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${step}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

/** Checks every tarball, then installs all of them in one project and uses them. */
async function checkAndUse(packed: readonly Packed[], project: string): Promise<void> {
  await time("every tarball is well formed", async () => {
    for (const each of packed) await checkPackage(each);
  });
  await mkdir(project);
  await run("npm", ["init", "-y"], { cwd: project });
  const tarballs = packed.map(({ tarball }) => tarball);
  await run("npm", ["install", "--no-audit", "--no-fund", ...tarballs], { cwd: project });
  const manifests = packed.map(({ manifest }) => manifest);
  await time("use on Node", () => useOnNode(manifests, project));
  await time("use from TypeScript", () => useFromTypeScript(manifests, project));
  await time("use on other runtimes", () => useOnOtherRuntimes(project));
}

function fail(error: unknown): void {
  const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
  console.error(`${message}\n${stdout}${stderr}`);
  process.exitCode = 1;
}

const folder = await mkdtemp(join(tmpdir(), "packed-"));
try {
  const stale = await updateApiReports({ check: true });
  if (stale.length > 0)
    throw new Error(
      `What a package exports has changed. Run \`pnpm api-reports\` and commit: ${stale.join(", ")}`,
    );
  const packed = await packAll(join(folder, "tarballs"));
  // Runs both at the same time, because the certifications of the walk mostly wait.
  const ended = await Promise.allSettled([
    checkAndUse(packed, join(folder, "project")),
    time("the walk through the READMEs", () => followReadmes(folder)),
  ]);
  for (const each of ended) if (each.status === "rejected") fail(each.reason);
} catch (error) {
  fail(error);
} finally {
  await rm(folder, { recursive: true });
}
