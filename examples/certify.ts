/**
 * Certifies the example vendors in other languages: `pnpm vendors`. For each language, it builds the vendor, runs its own tests,
 * certifies it with several seeds, and then checks that the suite catches the vendor's mutants.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";

const ROOT = join(import.meta.dirname, "..");
const HELP = `Usage: pnpm vendors [options]

Certify the example vendors in other languages, and check that the suite catches their mutants.

Options:
  --language <name>  only this vendor, such as python; repeatable (default: every examples/vendor-*/certify.json)
  --seeds <n>        how many seeds to certify with (default: 2)
  --from <seed>      the first seed (default: 1)
  --jobs <n>         how many vendors run at a time (default: twice the processors, at least 4)
  --only <part>      checks, seeds or mutants; repeatable (default: all three)
  --require          fail if the toolchain of a language is missing (default: say so and skip the language)
  --json             print the results as JSON instead of a table
  -h, --help         display this help

Exit codes: 0 certified, and every mutant caught · 1 not · 2 usage error · 3 a toolchain is missing (--require) · 130 interrupted`;

/** `examples/vendor-X/certify.json`. In it, {home} is the vendor's folder; in `start`, {data} is an empty folder. */
export type Vendor = {
  /** The folder of the vendor. */
  readonly home: string;
  readonly language: string;
  /** Commands that succeed if the toolchain is there. */
  readonly needs: readonly Command[];
  /** Run once, in the folder: what the vendor needs to be built and to run. */
  readonly install: readonly Command[];
  /** The vendor's formatter and tests, run in the folder. */
  readonly check: readonly Command[];
  /** Run in a copy of the folder's source, for the vendor and for each mutant. */
  readonly build: readonly Command[];
  /** Run in the copy. The vendor prints `Serving URL/.well-known/vendor-cloud` when it accepts calls. */
  readonly start: Command;
  readonly environment: Readonly<Record<string, string>>;
  /** The credentials that the suite gets, as its variables. */
  readonly suite: Readonly<Record<string, string>>;
  readonly mutants: readonly Mutant[];
};

/** A defect, as a patch of the vendor's source, and the requirement that it breaks. */
export type Mutant = { readonly name: string; readonly breaks: string; readonly patch: string };
export type Command = readonly string[];

/** One line of the table. `ok` is null for a language that was skipped. */
export type Result = {
  readonly language: string;
  readonly what: string;
  readonly ok: boolean | null;
  readonly detail: string;
  readonly seconds: number;
};

/** What the lane reads of the suite's JSON report. */
export type Report = {
  readonly conclusion: string;
  readonly requirements: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly reason?: string | null;
  }[];
};

const COMMANDS = ["needs", "install", "check", "build"] as const;
const PARTS = ["checks", "seeds", "mutants"] as const;

/** Certified, or what else the run concluded and the requirements that did not pass. */
export function judgeRun(report: Report): { ok: boolean; detail: string } {
  const count = (verdict: string) => report.requirements.filter((each) => each.verdict === verdict).length;
  const bad = report.requirements.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  const rest = bad.map(({ id, verdict }) => `${id} ${verdict}`).join(", ");
  const ok = report.conclusion === "certified" && bad.length === 0;
  return {
    ok,
    detail: ok ? `certified, ${count("pass")} pass` : `${report.conclusion}: ${rest || "no reason"}`,
  };
}

/** A mutant is caught if the requirement that it breaks fails; a run that could not test it proves nothing. */
export function judgeMutant({ breaks }: Mutant, report: Report): { ok: boolean; detail: string } {
  const found = report.requirements.find(({ id }) => id === breaks);
  const verdict = found?.verdict ?? "not tested";
  return verdict === "fail" || verdict === "warn"
    ? { ok: true, detail: `caught by ${breaks}` }
    : { ok: false, detail: `survived: ${breaks} ${verdict}${found?.reason ? ` (${found.reason})` : ""}` };
}

/** 1 if anything failed, 3 if a language was skipped that is required, otherwise 0. Nothing done is a failure too. */
export function exitCodeOf(results: readonly Result[], required: boolean): number {
  if (results.some(({ ok }) => ok === false)) return 1;
  if (required && results.some(({ ok }) => ok === null)) return 3;
  return results.length === 0 ? 1 : 0;
}

export function renderTable(results: readonly Result[]): string {
  const mark = (ok: boolean | null) => (ok === null ? "skipped" : ok ? "ok" : "FAILED");
  const rows = results.map(({ language, what, ok, detail, seconds }) => [
    language,
    what,
    mark(ok),
    ok === null ? "" : `${seconds.toFixed(0)} s`,
    detail,
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) => row.map((cell, at) => (at === 4 ? cell : cell.padEnd(width(at)))).join("  "))
    .join("\n");
}

/** At most `jobs` tasks at a time, started in order. */
export async function inParallel<T>(jobs: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const entries = tasks.entries();
  const work = async () => {
    for (const [at, task] of entries) results[at] = await task();
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

/** Every child leads its own process group, so that what it starts ends with it. */
const children = new Set<ChildProcess>();

function start(command: Command, cwd: string, environment: Record<string, string> = {}): ChildProcess {
  const [file = "", ...args] = command;
  const env = { ...process.env, ...environment };
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Runs a command to its end. `code` is null if it could not be started or was killed. */
async function finish(command: Command, cwd: string, environment: Record<string, string> = {}) {
  const child = start(command, cwd, environment);
  const [out, error]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => error.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(error).toString() };
}

/** Runs commands one after the other. Throws an error with the end of the output of the first that fails. */
async function mustSucceed(
  commands: readonly Command[],
  cwd: string,
  environment: Record<string, string> = {},
) {
  for (const command of commands) {
    const { code, stdout, stderr } = await finish(command, cwd, environment);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${lastLines(stdout + stderr)}`);
  }
}

const lastLines = (text: string) => stripVTControlCharacters(text).trim().split("\n").slice(-15).join("\n");

/** Copies a vendor's source, without what is ignored by git, applies a mutant's patch, and builds it. */
async function buildCopy(vendor: Vendor, folder: string, patch?: string): Promise<string> {
  const copy = await mkdtemp(join(folder, `${vendor.language}-`));
  const listed = await finish(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    vendor.home,
  );
  for (const file of listed.stdout.split("\0").filter(Boolean))
    await cp(join(vendor.home, file), join(copy, file));
  if (patch)
    await mustSucceed([["git", "apply", join(vendor.home, patch)]], copy, {
      GIT_CEILING_DIRECTORIES: folder,
    });
  await mustSucceed(vendor.build, copy, vendor.environment);
  return copy;
}

/** Starts a built vendor and waits until it prints its address. Throws if it ends before. */
async function serve(vendor: Vendor, copy: string, folder: string) {
  const data = await mkdtemp(join(folder, "data-"));
  const command = vendor.start.map((part) => part.replaceAll("{data}", data));
  const child = start(command, copy, vendor.environment);
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output = (output + chunk).slice(-10_000);
      const address = /Serving (http\S+)\/\.well-known\/vendor-cloud/.exec(output)?.[1];
      if (address) resolve(address);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("close", (code) =>
      reject(new Error(`The vendor ended with ${code} before it served: ${lastLines(output)}`)),
    );
  });
  return { url, stop: () => stop(child) };
}

/** Runs the suite against a built vendor, with its own database. */
async function certify(vendor: Vendor, copy: string, folder: string, args: Command): Promise<Report> {
  const served = await serve(vendor, copy, folder);
  try {
    const suite = [
      process.execPath,
      "--conditions=@convergint/source",
      join(ROOT, "conformance/src/main.ts"),
    ];
    const command = [...suite, "run", "--target", served.url, "--json", ...args];
    const { code, stdout, stderr } = await finish(command, folder, vendor.suite);
    if (code !== 0 && code !== 1 && code !== 4)
      throw new Error(`The suite ended with ${code}: ${lastLines(stderr)}`);
    return JSON.parse(stdout) as Report;
  } finally {
    served.stop();
  }
}

type Options = {
  readonly seeds: readonly number[];
  readonly parts: ReadonlySet<(typeof PARTS)[number]>;
  readonly folder: string;
};

/** The tasks of one vendor. A task never rejects: what goes wrong is its result. */
async function tasksOf(
  vendor: Vendor,
  { seeds, parts, folder }: Options,
): Promise<(() => Promise<Result>)[]> {
  const task = (what: string, work: () => Promise<{ ok: boolean | null; detail: string }>) => async () => {
    const began = performance.now();
    const judged = await work().catch((error: Error) => ({ ok: false, detail: error.message }));
    const result = {
      language: vendor.language,
      what,
      ...judged,
      seconds: (performance.now() - began) / 1000,
    };
    console.error(renderTable([result]));
    return result;
  };
  for (const need of vendor.needs) {
    const { code } = await finish(need, vendor.home);
    if (code !== 0) {
      const detail = `\`${need.join(" ")}\` does not work here: install it, or run without this language`;
      return [task("toolchain", async () => ({ ok: null, detail }))];
    }
  }
  const seedArgs = (seed: number | undefined) => ["--seed", String(seed)];
  try {
    await mustSucceed(vendor.install, vendor.home);
    const built = buildCopy(vendor, folder);
    await built;
    return [
      ...(parts.has("seeds") ? seeds : []).map((seed) =>
        task(`seed ${seed}`, async () =>
          judgeRun(await certify(vendor, await built, folder, seedArgs(seed))),
        ),
      ),
      ...(parts.has("mutants") ? vendor.mutants : []).map((mutant) =>
        task(`mutant ${mutant.name}`, async () => {
          const copy = await buildCopy(vendor, folder, mutant.patch);
          return judgeMutant(
            mutant,
            await certify(vendor, copy, folder, [...seedArgs(seeds[0]), "--only", mutant.breaks]),
          );
        }),
      ),
      ...(parts.has("checks")
        ? [
            task("its own checks", async () => {
              await mustSucceed(vendor.check, vendor.home);
              return { ok: true, detail: vendor.check.map((command) => command.join(" ")).join(", ") };
            }),
          ]
        : []),
    ];
  } catch (error) {
    return [task("build", () => Promise.reject(error))];
  }
}

/** Reads the descriptors. Throws if a named language has none. */
export async function readVendors(examples: string, languages: readonly string[]): Promise<Vendor[]> {
  const found: Vendor[] = [];
  for (const folder of (await readdir(examples)).sort()) {
    const home = join(examples, folder);
    const text = await readFile(join(home, "certify.json"), "utf8").catch(() => null);
    if (text === null) continue;
    const inHome = text.replaceAll("{home}", JSON.stringify(home).slice(1, -1));
    const vendor: Vendor = { ...(JSON.parse(inHome) as Omit<Vendor, "home">), home };
    const wrong = COMMANDS.find((name) => !vendor[name]?.every(Array.isArray));
    if (wrong)
      throw new Error(`${folder}/certify.json: ${wrong} is a list of commands, each a list of words.`);
    found.push(vendor);
  }
  const known = found.map(({ language }) => language);
  const unknown = languages.find((language) => !known.includes(language));
  if (unknown) throw new Error(`No vendor in ${unknown}. Vendors: ${known.join(", ")}.`);
  return languages.length === 0 ? found : found.filter(({ language }) => languages.includes(language));
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      language: { type: "string", multiple: true, default: [] },
      seeds: { type: "string", default: "2" },
      from: { type: "string", default: "1" },
      jobs: { type: "string", default: String(Math.max(4, 2 * availableParallelism())) },
      only: { type: "string", multiple: true, default: [] },
      require: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const number = (name: "seeds" | "from" | "jobs", least: number) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least)
      throw new Error(`--${name} is a whole number of at least ${least}.`);
    return value;
  };
  const parts = PARTS.filter((part) => values.only.length === 0 || values.only.includes(part));
  const wrong = values.only.find((part) => !PARTS.some((known) => known === part));
  if (wrong !== undefined) throw new Error(`--only is one of ${PARTS.join(", ")}.`);
  const from = number("from", 0);
  const seeds = Array.from({ length: number("seeds", 1) }, (_, at) => from + at);
  return { ...values, seeds, parts: new Set(parts), jobs: number("jobs", 1) };
}

async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  let vendors: Vendor[];
  try {
    options = readOptions(args);
    vendors = options.help ? [] : await readVendors(import.meta.dirname, options.language);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), "vendors-"));
  const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]).then(() => null);
  const work = Promise.all(vendors.map((vendor) => tasksOf(vendor, { ...options, folder }))).then((tasks) =>
    inParallel(options.jobs, tasks.flat()),
  );
  const results = await Promise.race([work, interrupted]);
  for (const child of children) stop(child);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  if (results === null) return 130;
  console.log(options.json ? JSON.stringify({ results }, null, 2) : `\n${renderTable(results)}`);
  return exitCodeOf(results, options.require);
}

// Exits also when a killed child has left something open.
if (import.meta.main) process.exit(await main(process.argv.slice(2)));
