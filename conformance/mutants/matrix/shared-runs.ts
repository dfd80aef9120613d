import type { Check } from "../../src/checks/check.ts";
import { judge } from "../../src/suite/judge.ts";
import type { Result } from "../../src/suite/verdict.ts";
import type { Behaviour, VendorMutant } from "../subjects/vendor-mutant.ts";
import type { MutantCase } from "./cases.ts";
import { certifyVendor, profilesOf, settingFor } from "./certify-vendor.ts";
import { checksInFocus } from "./focus.ts";
import { certifyMutant, type Outcome } from "./matrix.ts";
import { createTimeLimit, type WithinLimit } from "./time-limit.ts";

/** Larger groups save little, because their defects hide one another more often. */
const MAX_MEMBERS = 6;

/** Mutants of the vendor whose defects one vendor can have at the same time. */
export type Group = readonly MutantCase[];

/** A run of a group, or of one mutant. */
export interface SharedRun extends Outcome {
  readonly members: Group;
}

type Hook = "receive" | "read" | "answer";

/** Calls the same hook of each behaviour, one after the other. */
function callEach<Name extends Hook>(behaviours: readonly Behaviour[], name: Name): Behaviour {
  const hooks = behaviours.filter((each) => each[name] !== undefined);
  const call = (...args: never[]) => {
    for (const each of hooks) (each[name] as ((...given: never[]) => void) | undefined)?.(...args);
  };
  return hooks.length > 0 ? { [name]: call } : {};
}

/** Returns a behaviour with the defects of all the given behaviours. */
function combineBehaviours(behaviours: readonly Behaviour[]): Behaviour {
  return {
    ...callEach(behaviours, "receive"),
    ...callEach(behaviours, "read"),
    ...callEach(behaviours, "answer"),
    async deliver(delivery, resign) {
      let changed: typeof delivery | null = delivery;
      for (const { deliver } of behaviours) if (deliver && changed) changed = await deliver(changed, resign);
      return changed;
    },
    send: behaviours.reduce<NonNullable<Behaviour["send"]>>(
      (inner, { send }) =>
        send ? (delivery, post) => send(delivery, (changed) => inner(changed, post)) : inner,
      (delivery, post) => post(delivery),
    ),
  };
}

/** Returns one mutant with the defects of all members, to certify in the profiles of all members. */
function combine(group: Group): VendorMutant {
  const members = group.flatMap(({ vendor }) => vendor ?? []);
  const [first] = members;
  if (!first) throw new Error("Only mutants of the vendor share a run.");
  return {
    ...first,
    profile: [...new Set(members.flatMap(profilesOf))],
    setUp: Object.assign({}, ...members.map(({ setUp }) => setUp)),
    behaviour: (context) => combineBehaviours(members.map(({ behaviour }) => behaviour(context))),
  };
}

/**
 * Mutants of one kind can share a run: they need the same set-up of the run, and similar scenarios. A mutant that shares no
 * run is a separate kind.
 */
function kindOf({ name, vendor }: MutantCase): string {
  if (vendor === null || vendor.sharesNoRun) return name;
  const profiles = profilesOf(vendor);
  const isOfFamily = profiles.some((profile) => profile.startsWith("events:"));
  return JSON.stringify([settingFor(vendor), isOfFamily ? "events" : profiles]);
}

/** Whether one vendor of the same kind can have the defects of both. */
function areCompatible({ breaks, vendor }: MutantCase, other: MutantCase): boolean {
  const options = Object.keys(other.vendor?.setUp ?? {});
  return breaks !== other.breaks && !options.some((option) => option in (vendor?.setUp ?? {}));
}

/** Puts each mutant into a group of compatible mutants, none of which it meets in an earlier group. */
function formGroups(mutants: readonly MutantCase[], earlier: readonly Group[]): readonly Group[] {
  const focusOf = new Map(mutants.map((mutant) => [mutant, checksInFocus(mutant)]));
  const sizeOf = (mutant: MutantCase) => focusOf.get(mutant)?.length ?? 0;
  const hasMet = (one: MutantCase, other: MutantCase) =>
    earlier.some((group) => group.includes(one) && group.includes(other));
  const groups: { readonly kind: string; readonly members: MutantCase[]; readonly focus: Set<Check> }[] = [];
  // The mutants with the widest focus first, so that the others join groups that record what they need anyway.
  for (const mutant of mutants.toSorted((one, other) => sizeOf(other) - sizeOf(one))) {
    const own = focusOf.get(mutant) ?? [];
    const kind = kindOf(mutant);
    const added = ({ focus }: (typeof groups)[number]) => own.filter((check) => !focus.has(check)).length;
    const [best] = groups
      .filter((group) => group.kind === kind && group.members.length < MAX_MEMBERS)
      .filter(({ members }) => members.every((each) => areCompatible(each, mutant) && !hasMet(each, mutant)))
      .toSorted((one, other) => added(one) - added(other));
    if (best) {
      best.members.push(mutant);
      for (const check of own) best.focus.add(check);
    } else {
      groups.push({ kind, members: [mutant], focus: new Set(own) });
    }
  }
  return groups.map(({ members }) => members);
}

/**
 * Puts each mutant into two groups of mutants that break different requirements, or into a separate group. Two mutants are
 * together in at most one group.
 *
 * So two runs attribute each failure. If a mutant failed the requirement of another member too, then its other group, which does
 * not have that member, would report it.
 */
export function groupMutants(mutants: readonly MutantCase[]): readonly Group[] {
  const first = formGroups(mutants, []);
  const inCompany = first.filter(({ length }) => length > 1).flat();
  return [...first, ...formGroups(inCompany, first)];
}

/** Runs the suite against a vendor with the defects of all members. */
async function certifyGroup(members: Group, checks: readonly Check[], signal: AbortSignal): Promise<Outcome> {
  const [only, ...others] = members;
  if (only && others.length === 0) return certifyMutant(only, checks, { extent: "focused", signal });
  const focus = new Set(members.flatMap(checksInFocus));
  const used = checks.filter((check) => focus.has(check));
  const { results, record } = await certifyVendor(combine(members), used, signal);
  const broken = new Set(members.map(({ breaks }) => breaks));
  const rest = used.filter(({ requirement }) => !broken.has(requirement));
  const plan = results.map(({ requirement }) => requirement);
  return { results, withoutOwn: await judge(plan, rest, record) };
}

/**
 * Tells whether a run proves a member: the member's requirement fails because of its check, and no requirement fails
 * that no member breaks. The run need not prove the other members, because one defect can hide another.
 */
function shows({ members, results, withoutOwn }: SharedRun, { breaks }: MutantCase): boolean {
  const isFailure = ({ failures, verdict }: Result) => failures.length > 0 || verdict === "harness-error";
  const broken = members.map((member) => member.breaks);
  const failed = results.filter(isFailure).map(({ requirement }) => requirement.id);
  const own = withoutOwn.find(({ requirement }) => requirement.id === breaks);
  return (
    failed.includes(breaks) &&
    failed.every((id) => broken.includes(id)) &&
    own?.verdict === "could-not-run" &&
    !withoutOwn.some(isFailure)
  );
}

/**
 * Returns a function that certifies a mutant: in its two shared runs, or in a separate run if one of them does not show what it should. Each
 * shared run happens once, when the first of its members needs it.
 */
export function createSharedRuns(
  mutants: readonly MutantCase[],
  checks: readonly Check[],
  withinLimit: WithinLimit = createTimeLimit(),
): (mutant: MutantCase) => Promise<readonly SharedRun[]> {
  const groups = groupMutants(mutants);
  const runs = new Map<Group, Promise<SharedRun>>();
  const certify = async (members: Group): Promise<SharedRun> => {
    const name = members.map((member) => member.name).join(" + ");
    const outcome = await withinLimit(name, (signal) => certifyGroup(members, checks, signal));
    return { ...outcome, members };
  };
  const certifyOnce = (group: Group) => {
    const run = runs.get(group) ?? certify(group);
    runs.set(group, run);
    return run;
  };
  return async (mutant) => {
    const shared: SharedRun[] = [];
    for (const group of groups.filter((each) => each.includes(mutant))) {
      const run = await certifyOnce(group);
      if (group.length > 1 && !shows(run, mutant)) return [await certify([mutant])];
      shared.push(run);
    }
    return shared;
  };
}
