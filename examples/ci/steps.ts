/**
 * Runs what vendors copy into their CI, unchanged: `action.yml` by the workflow in `github.yml`, and the job in `gitlab.yml` by
 * gitlab-ci-local, against the reference vendor, one of its mutants, and a vendor that is down.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { validateAction, validateWorkflow } from "@action-validator/core";
import { type JobResult, runJob } from "./github-runner.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const SECRET = "secret-of-the-sandbox";
const REPORTS = ["annotations.txt", "badge.svg", "bundle.json.gz", "junit.xml", "report.html", "report.json"];

/** The environment of a runner: nothing of this workspace, and no setting of the suite. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(CONFORMANCE_|GITHUB_|GITLAB_|CI_|NODE_OPTIONS$|npm_(?!config_registry))/.test(name),
  ),
) as Record<string, string>;
ENVIRONMENT["PATH"] = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

const git = (cwd: string, ...args: readonly string[]) =>
  run("git", ["-c", "user.name=vendor", "-c", "user.email=dev@vendor.example", ...args], { cwd });

/** Starts a vendor's cloud that prints its address. */
async function startVendor(file: string, ...args: readonly string[]) {
  const node = [
    "--conditions=@convergint/source",
    join(ROOT, file),
    "--port",
    "0",
    "--api-key",
    SECRET,
    ...args,
  ];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { target: JSON.parse(line.toString()).base_url as string, stop: () => child.kill() };
}

/** Creates the vendor's repository with a file of ours, and a remote that its jobs push to. */
async function createRepository(folder: string, template: string, to: string) {
  const [workspace, origin] = [join(folder, "workspace"), join(folder, "origin.git")];
  await mkdir(dirname(join(workspace, to)), { recursive: true });
  await copyFile(join(import.meta.dirname, template), join(workspace, to));
  await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", origin);
  await git(workspace, "init", "--quiet", "--initial-branch=main");
  await git(workspace, "remote", "add", "origin", origin);
  return workspace;
}

async function commit(workspace: string) {
  await git(workspace, "add", "--all");
  await git(workspace, "commit", "--quiet", "--message=Add the conformance job");
  await git(workspace, "push", "--quiet", "origin", "main");
}

function assertValid(name: string, { errors }: { readonly errors: readonly object[] }) {
  assert.deepEqual(errors, [], `${name} does not match the published schema`);
  console.log(`${name}: valid`);
}

async function runOnGithub(
  folder: string,
  kit: string,
  target: string,
  {
    settings = {},
    inputs = [],
  }: { settings?: Readonly<Record<string, string>>; inputs?: readonly string[] } = {},
): Promise<JobResult> {
  const workspace = join(folder, "workspace");
  const temp = await mkdtemp(join(folder, "runner-"));
  const text = await readFile(join(workspace, ".github/workflows/conformance.yml"), "utf8");
  const workflow = text.replace(/( +)with:\n(?= +target)/, (line, indent) =>
    [line.trimEnd(), ...inputs.map((input) => `${indent}  ${input}`), ""].join("\n"),
  );
  const result = await runJob(workflow, {
    workspace,
    temp,
    kit,
    node: dirname(process.execPath),
    environment: { ...ENVIRONMENT, CONFORMANCE_PROFILES: "inventory", ...settings },
    github: { ref_name: "main", event: { repository: { default_branch: "main" } } },
    vars: { CONFORMANCE_TARGET: target },
    secrets: { CONFORMANCE_API_KEY: SECRET },
  });
  assert.ok(!`${result.log}${result.summary}`.includes(SECRET), "the log or the summary contains the secret");
  return result;
}

/** Returns an address at which nothing listens. */
async function unusedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

/** Creates a package with a command of the suite's name, which shows its arguments and fails. */
async function createPackage(folder: string): Promise<string> {
  const place = join(folder, "package");
  await mkdir(place);
  const manifest = { name: "suite", version: "1.0.0", bin: { "convergint-conformance": "main.sh" } };
  await writeFile(join(place, "package.json"), JSON.stringify(manifest));
  await writeFile(join(place, "main.sh"), '#!/bin/sh\necho "installed: $*"\nexit 2\n', { mode: 0o755 });
  return place;
}

const badgeOf = async (folder: string) => {
  const { stdout } = await git(join(folder, "origin.git"), "show", "badges:conformance.svg");
  const { stdout: count } = await git(join(folder, "origin.git"), "rev-list", "--count", "badges");
  return { svg: stdout, commits: Number(count) };
};

async function checkGithub(folder: string, kit: string, campus: string, mutant: string) {
  const workspace = await createRepository(folder, "github.yml", ".github/workflows/conformance.yml");
  await commit(workspace);

  const certified = await runOnGithub(folder, kit, campus);
  assert.ok(certified.succeeded, certified.log);
  assert.deepEqual(certified.annotations, ["notice CERTIFIED"], certified.log);
  assert.match(certified.summary, /^# CERTIFIED\n/);
  assert.deepEqual(certified.steps["conformance"]?.outputs, { conclusion: "certified", "exit-code": "0" });
  const kept = await readdir(join(certified.artifacts, "conformance/conformance-reports"));
  assert.deepEqual(kept.toSorted(), [...REPORTS, "summary.md"]);
  assert.match((await badgeOf(folder)).svg, /certified: inventory/);

  const failed = await runOnGithub(folder, kit, mutant);
  assert.ok(!failed.succeeded, "a vendor with a defect passed");
  assert.deepEqual(failed.annotations, ["error NOT CONFORMANT", "error MAN-001 (MUST)"], failed.log);
  assert.match(failed.summary, /^# NOT CONFORMANT\n[\s\S]*\n## MAN-001 \(MUST\)\n/);
  assert.equal(
    (await readdir(join(failed.artifacts, "conformance/conformance-reports"))).length,
    kept.length,
  );
  const badge = await badgeOf(folder);
  assert.match(badge.svg, /not conformant/);
  assert.equal(badge.commits, 2, "the second badge is not a commit on the first");

  const down = await runOnGithub(folder, kit, await unusedAddress());
  assert.ok(!down.succeeded);
  assert.deepEqual(down.annotations, ["error UNREACHABLE"], down.log);

  await rm(join(workspace, "conformance-reports"), { recursive: true });
  const misused = await runOnGithub(folder, kit, campus, { settings: { CONFORMANCE_SEED: "none" } });
  assert.ok(!misused.succeeded);
  assert.deepEqual(misused.annotations, ["error No report"], misused.log);
  assert.match(misused.summary, /exit code 2 before it wrote a report/);

  const installed = await runOnGithub(folder, kit, campus, {
    inputs: [
      `package: file:${await createPackage(folder)}`,
      "args: |",
      "  --seed=7",
      "",
      "  --json",
      "artifact: other",
    ],
  });
  assert.ok(!installed.succeeded);
  assert.match(installed.log, /\ninstalled: run --target http\S+ --seed=7 --json --report /);
  assert.deepEqual(await readdir(installed.artifacts), ["other"]);
  console.log("action.yml: certified, failed, unreachable and misused as it says");
}

async function runOnGitlab(workspace: string, kit: string, target: string) {
  const main = join(ROOT, "node_modules/.bin/gitlab-ci-local");
  const variables = {
    CONFORMANCE_TARGET: target,
    CONFORMANCE_API_KEY: SECRET,
    CONFORMANCE_PROFILES: "inventory",
    CONFORMANCE_KIT: `file://${kit}`,
    CONFORMANCE_KIT_REF: "kit-of-this-test",
  };
  const flags = Object.entries(variables).map(([name, value]) => `--variable=${name}=${value}`);
  const env = { ...ENVIRONMENT, PATH: [dirname(process.execPath), ENVIRONMENT["PATH"]].join(delimiter) };
  return run(main, ["--force-shell-executor", "--shell-isolation", ...flags, "conformance"], {
    cwd: workspace,
    env,
    maxBuffer: 2 ** 26,
  }).then(
    ({ stdout, stderr }) => ({ passed: true, log: stdout + stderr }),
    ({ stdout, stderr }) => ({ passed: false, log: `${stdout}${stderr}` }),
  );
}

async function checkGitlab(folder: string, kit: string, campus: string, mutant: string) {
  const workspace = await createRepository(folder, "gitlab.yml", "conformance.gitlab-ci.yml");
  await git(workspace, "remote", "set-url", "--push", "origin", join(folder, "origin.git"));
  await git(workspace, "remote", "set-url", "origin", "git@gitlab.example:vendor/cloud.git");
  await writeFile(join(workspace, ".gitlab-ci.yml"), "include: conformance.gitlab-ci.yml\n");
  await commit(workspace);
  const artifacts = join(workspace, ".gitlab-ci-local/artifacts/conformance/conformance-reports");

  const certified = await runOnGitlab(workspace, kit, campus);
  assert.ok(certified.passed, certified.log);
  assert.match(certified.log, /json schema validated/);
  const kept = (await readdir(artifacts)).toSorted();
  assert.deepEqual(kept, [...REPORTS.slice(1), "summary.md"]);
  assert.match(await readFile(join(artifacts, "badge.svg"), "utf8"), /certified: inventory/);

  const failed = await runOnGitlab(workspace, kit, mutant);
  assert.ok(!failed.passed, "a vendor with a defect passed");
  assert.match(await readFile(join(artifacts, "junit.xml"), "utf8"), /<failure type="fail"/);
  assert.ok(!`${certified.log}${failed.log}`.includes(SECRET), "the log contains the secret");
  console.log("gitlab.yml: certified and failed as it says");
}

const folder = await mkdtemp(join(tmpdir(), "ci-steps-"));
const campus = await startVendor("examples/vendor-cloud/src/main.ts");
const mutant = await startVendor(
  "conformance/mutants/subjects/serve.ts",
  "--mutant",
  "man-001-page-size-as-text",
);
try {
  const text = (file: string) => readFile(join(ROOT, file), "utf8");
  assertValid("action.yml", validateAction(await text("action.yml")));
  for (const file of ["examples/ci/github.yml", ".github/workflows/ci.yml", ".github/workflows/release.yml"])
    assertValid(file, validateWorkflow(await text(file)));

  // Vendors get what is committed.
  const kit = join(folder, "kit");
  await run("git", ["clone", "--quiet", ROOT, kit]);
  await git(kit, "branch", "kit-of-this-test");
  for (const [name, check] of Object.entries({ github: checkGithub, gitlab: checkGitlab })) {
    await mkdir(join(folder, name));
    await check(join(folder, name), kit, campus.target, mutant.target);
  }
} finally {
  campus.stop();
  mutant.stop();
  await rm(folder, { recursive: true });
}
