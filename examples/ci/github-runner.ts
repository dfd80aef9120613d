/**
 * Runs a job of a GitHub workflow on this machine, with what a runner gives to it: the files that steps write to, expressions
 * evaluated by GitHub's own library, and workflow commands read from the output. Of the actions that others publish, it
 * imitates what this kit uses of them.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { parse } from "yaml";

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, unknown>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

type Strings = Readonly<Record<string, string>>;
type Outputs = Record<string, { readonly outputs: Strings }>;

/** What a job runs in. */
export interface Runner {
  /** The clone of the vendor's repository. */
  readonly workspace: string;
  /** An empty folder for the files of the runner. */
  readonly temp: string;
  /** The clone of this kit, which `uses: convergint/…` means. */
  readonly kit: string;
  /** The folder of the `node` that `actions/setup-node` puts into the path. */
  readonly node: string;
  readonly environment: Strings;
  readonly github: object;
  readonly vars: Strings;
  readonly secrets: Strings;
}

/** What a job left. */
export interface JobResult {
  readonly succeeded: boolean;
  readonly log: string;
  readonly summary: string;
  /** The annotations, as `kind title`. */
  readonly annotations: readonly string[];
  /** The outputs of the steps of the job that have an id. */
  readonly steps: Outputs;
  /** The folder that holds one folder per artifact. */
  readonly artifacts: string;
}

function evaluate(expression: string, contexts: Readonly<Record<string, unknown>>): data.ExpressionData {
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), []).parse();
  const known = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, known).evaluate();
}

const interpolate = (text: unknown, contexts: Readonly<Record<string, unknown>>): string =>
  String(text).replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) =>
    evaluate(expression.trim(), contexts).coerceString(),
  );

const interpolateAll = (
  values: Readonly<Record<string, unknown>> | undefined,
  contexts: Readonly<Record<string, unknown>>,
): Strings =>
  Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, interpolate(value, contexts)]),
  );

/** Reads the lines `name=value` of GITHUB_OUTPUT. */
const readOutputs = (text: string): Strings =>
  Object.fromEntries(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => /^([\w-]+)=(.*)$/.exec(line)?.slice(1) ?? [line, "not an output"]),
  );

/** Finds the annotations in the output of a step; between `stop-commands` and its token, none is one. */
function readAnnotations(output: string): string[] {
  const annotations: string[] = [];
  let stoppedBy: string | undefined;
  for (const line of output.split("\n")) {
    if (stoppedBy !== undefined) {
      if (line === `::${stoppedBy}::`) stoppedBy = undefined;
      continue;
    }
    stoppedBy = /^::stop-commands::(.+)$/.exec(line)?.[1];
    const [, kind, title] = /^::(error|warning|notice) title=([^,:]*)::/.exec(line) ?? [];
    if (kind !== undefined) annotations.push(`${kind} ${title}`);
  }
  return annotations;
}

/** Runs a script as a runner does with `shell: bash`. */
async function runBash(script: string, cwd: string, env: Strings): Promise<{ code: number; output: string }> {
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], { cwd, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve(exit ?? 1));
  });
  return { code, output };
}

/** Runs the only job of a workflow. @throws if the workflow uses something that this runner does not imitate */
export async function runJob(workflow: string, runner: Runner): Promise<JobResult> {
  const { workspace, temp, kit, github, vars, secrets } = runner;
  const artifacts = join(temp, "artifacts");
  const log: string[] = [];
  const summary: string[] = [];
  const annotations: string[] = [];
  const path: string[] = [];
  let scripts = 0;

  async function runScript(step: Step, environment: Strings): Promise<{ code: number; outputs: Strings }> {
    scripts += 1;
    const file = (name: string) => join(temp, `${scripts}-${name}`);
    const files = { output: file("output"), path: file("path"), summary: file("summary") };
    for (const empty of Object.values(files)) await writeFile(empty, "");
    await writeFile(file("script.sh"), step.run ?? "");
    const { code, output } = await runBash(file("script.sh"), workspace, {
      ...environment,
      PATH: [...path, environment["PATH"]].join(":"),
      GITHUB_OUTPUT: files.output,
      GITHUB_PATH: files.path,
      GITHUB_STEP_SUMMARY: files.summary,
    });
    log.push(output);
    annotations.push(...readAnnotations(output));
    summary.push(await readFile(files.summary, "utf8"));
    path.unshift(...(await readFile(files.path, "utf8")).split("\n").filter(Boolean));
    return { code, outputs: readOutputs(await readFile(files.output, "utf8")) };
  }

  async function useAction(uses: string, given: Strings, environment: Strings) {
    const [name] = uses.split("@");
    switch (name) {
      case "actions/checkout": // the workspace is a clone
        return { code: 0, outputs: {} };
      case "actions/setup-node":
        path.unshift(runner.node);
        return { code: 0, outputs: {} };
      case "actions/upload-artifact": {
        const to = join(artifacts, given["name"] ?? "artifact", basename(given["path"] ?? ""));
        await mkdir(dirname(to), { recursive: true });
        await cp(join(workspace, given["path"] ?? ""), to, { recursive: true });
        return { code: 0, outputs: {} };
      }
      case "convergint/vendor-cloud-kit":
        return runComposite(parse(await readFile(join(kit, "action.yml"), "utf8")), given, environment);
      default:
        throw new Error(`This runner does not imitate ${uses}.`);
    }
  }

  async function runComposite(action: Action, given: Strings, environment: Strings) {
    const unknown = Object.keys(given).filter((name) => !(name in action.inputs));
    if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(", ")}.`);
    const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ""]);
    const inputs: Strings = { ...Object.fromEntries(defaults), ...given };
    const ended = await runSteps(action.runs.steps, { inputs }, { ...environment, GITHUB_ACTION_PATH: kit });
    const contexts = { inputs, steps: ended.steps };
    const values = Object.entries(action.outputs).map(([name, { value }]) => [name, value]);
    return { code: ended.failed ? 1 : 0, outputs: interpolateAll(Object.fromEntries(values), contexts) };
  }

  async function runSteps(steps: readonly Step[], more: object, environment: Strings) {
    const done: Outputs = {};
    let failed = false;
    for (const step of steps) {
      if (failed) break; // no step of the kit asks to run after a failure
      const contexts = { github, vars, secrets, runner: { temp }, steps: done, env: {}, ...more };
      const condition = step.if?.replace(/^\$\{\{(.*)\}\}$/, "$1");
      if (condition !== undefined && !evaluate(condition, contexts).coerceString().includes("true")) continue;
      log.push(`\n# ${step.name ?? step.uses ?? step.run}\n`);
      const env = { ...environment, ...interpolateAll(step.env, contexts) };
      const { code, outputs } =
        step.uses === undefined
          ? await runScript(step, env)
          : await useAction(step.uses, interpolateAll(step.with, contexts), env);
      if (step.id !== undefined) done[step.id] = { outputs };
      failed = code !== 0;
    }
    return { failed, steps: done };
  }

  const [job, ...others] = Object.values((parse(workflow) as Workflow).jobs);
  if (job === undefined || others.length > 0) throw new Error("This runner runs workflows of one job.");
  const { failed, steps } = await runSteps(
    job.steps,
    {},
    {
      ...runner.environment,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temp,
    },
  );
  return {
    succeeded: !failed,
    log: log.join(""),
    summary: summary.join(""),
    annotations,
    steps,
    artifacts,
  };
}
