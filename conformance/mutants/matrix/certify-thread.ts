import { parentPort } from "node:worker_threads";
import { checks } from "../../src/checks/index.ts";
import { judge } from "../../src/suite/judge.ts";
import { CONTROLS, mutantCases } from "./cases.ts";
import type { Outcome, Task } from "./certify-apart.ts";

const mutants = new Map(mutantCases.map((mutant) => [mutant.name, mutant]));
/** Whoever has enough ends the thread. */
const never = new AbortController();

async function certify({ name, leftOut }: Task): Promise<Outcome> {
  const mutant = mutants.get(name);
  const run = mutant?.certify ?? CONTROLS[name];
  if (!run) throw new Error(`There is neither a mutant nor a control of the name ${name}.`);
  const wanted = checks.filter(({ requirement }) => !leftOut.includes(requirement));
  const { results, record } = await run(wanted, never.signal);
  const others = wanted.filter(({ requirement }) => requirement !== mutant?.breaks);
  const plan = results.map(({ requirement }) => requirement);
  return { results, withoutOwn: await judge(plan, others, record) };
}

parentPort?.on("message", async (task: Task) => {
  // What goes wrong ends the thread, and is told by that.
  parentPort?.postMessage(await certify(task));
});
