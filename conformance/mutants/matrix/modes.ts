import { checks } from "../../src/checks/index.ts";
import { observedChecks } from "../../src/checks/observed.ts";
import { requirements } from "../../src/registry/requirements.ts";
import { vendorMutants } from "../index.ts";
import type { VendorMutant } from "../subjects/vendor-mutant.ts";
import { certifyVendor, type Setting } from "./certify-vendor.ts";

/** A way in which devices change without sandbox control. */
export type Mode = "observe" | "person";

/** Ends of alarms prove something only after ten of them, so the events of families need the longer window. */
const WATCH_HOURS = { families: 0.75, others: 0.4 } as const;

/** The mutants whose defect no window can show, with the reason. */
export const UNSEEN: Readonly<Record<string, string>> = {
  "sync-002-changes-end-after-a-page": "no listing of changes has two pages",
  "sync-002-moves-do-not-count": "a window uses no filter",
  "sync-002-nothing-new-in-an-org": "a window uses no filter",
  "sync-002-no-changes-of-a-system": "a window uses no filter",
  "sync-002-polled-statuses-do-not-count": "a window needs webhooks",
  "sync-002-changed-between-pages": "every listing of this vendor has one page",
  "dev-008-cut-off-for-good": "only lookups are wrong, so EVT-007 fails it",
  "evt-001-last-endpoint-only":
    "a webhook that never comes may be a mistake in the console; EVT-001 could not run and says so",
  "evt-001-reasons-are-not-told": "no reason changes without the status",
  "evt-006-ids-of-a-moment": "no two devices change in the same millisecond",
  "evt-007-a-listing-that-lags": "only changes that the sandbox made are wrong",
  "evt-007-offline-in-the-listing-for-good": "only changes that the sandbox made are wrong",
  "evt-007-stale-lookup": "the defect begins when an endpoint is registered by the API",
  "evt-008-sequence-of-the-status": "no device changes twice in a minute",
  "evt-008-whole-seconds": "no device changes twice in a second",
  "evt-014-removed-and-still-there": "only devices that the sandbox added are wrong",
  "evt-015-alarms-are-not-cleared": "nothing shows that an alarm has ended",
  "evt-016-troubles-stay-inside": "nothing shows that a trouble began",
  "evt-017-granted-access-is-not-told": "nothing shows that access was granted",
  "evt-019-secured-doors-stay-open": "nothing shows that a door was secured",
  "evt-019-the-earlier-event-again": "a delivery may arrive again at any time",
  "evt-021-a-failed-storage-is-not-told": "nothing shows that a storage failed",
  "evt-022-a-lost-connector-is-not-told": "the devices behind it may be lost for another reason",
};

function settingFor(mode: Mode, { breaks, profile }: VendorMutant): Setting {
  if (mode === "person") return { person: true };
  const own = requirements.find(({ id }) => id === breaks)?.profile ?? "";
  const isOfFamily = [profile ?? own].flat().some((name) => name.startsWith("events:"));
  return { byHand: 2, watchHours: WATCH_HOURS[isOfFamily ? "families" : "others"] };
}

/** The result for one mutant: `silent` if too little happened to judge the requirement that it breaks. */
export interface ModeRow {
  readonly name: string;
  readonly breaks: string;
  readonly outcome: "caught" | "silent" | "not_judged" | "survived";
  /** Other requirements that failed. */
  readonly unrelated: readonly string[];
}

/** Returns the names of the vendor mutants whose requirement a mode judges. */
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
  const { results } = await certifyVendor(mutant, checks, signal, settingFor(mode, mutant));
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
