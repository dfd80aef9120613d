import { checks } from "../../src/checks/index.ts";
import { observedChecks } from "../../src/checks/observed.ts";
import { requirements } from "../../src/registry/requirements.ts";
import { vendorMutants } from "../index.ts";
import { certifyVendor, type Setting } from "./certify-vendor.ts";

/** A way in which devices change without sandbox control. */
export type Mode = "observe" | "person";

/** A window in which each event of the reference vendor's families occurs several times. */
const WATCH_HOURS = 0.75;

const SETTINGS: Readonly<Record<Mode, Setting>> = {
  observe: { byHand: 2, watchHours: WATCH_HOURS },
  person: { person: true },
};

/** The result for one mutant: `silent` if too little happened to judge the requirement that it breaks. */
export interface ModeRow {
  readonly name: string;
  readonly breaks: string;
  readonly outcome: "caught" | "silent" | "not_judged" | "survived";
  /** Other requirements that failed. */
  readonly unrelated: readonly string[];
}

/** Returns the names of the vendor mutants that a mode can show, by the requirement that they break. */
export function mutantsOf(mode: Mode): readonly string[] {
  const observed = new Set(observedChecks.map(({ requirement }) => requirement));
  const health = new Set(requirements.flatMap(({ id, profile }) => (profile === "health" ? [id] : [])));
  const isShown = (id: string) => (mode === "observe" ? observed.has(id) : health.has(id));
  return Object.entries(vendorMutants).flatMap(([name, { breaks }]) => (isShown(breaks) ? [name] : []));
}

/** Runs the suite against one mutant of the vendor in a mode; all checks judge it. */
export async function runInMode(mode: Mode, name: string, signal: AbortSignal): Promise<ModeRow> {
  const mutant = vendorMutants[name];
  if (!mutant) throw new Error(`There is no mutant ${name}.`);
  const { results } = await certifyVendor(mutant, checks, signal, SETTINGS[mode]);
  const failed = results
    .filter(({ verdict }) => ["fail", "warn", "info", "harness-error"].includes(verdict))
    .map(({ requirement }) => requirement.id);
  const own = results.find(({ requirement }) => requirement.id === mutant.breaks)?.verdict;
  const outcome = failed.includes(mutant.breaks)
    ? "caught"
    : own === undefined || own === "not-applicable"
      ? "not_judged"
      : own === "could-not-run"
        ? "silent"
        : "survived";
  return { name, breaks: mutant.breaks, outcome, unrelated: failed.filter((id) => id !== mutant.breaks) };
}
