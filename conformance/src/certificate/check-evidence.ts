import type { Bundle } from "../bundle/bundle.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { isObject, objectOf } from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import { CONTRACT_VERSION } from "../registry/requirements.ts";
import { closingScenarios } from "../scenarios/second-look.ts";

/** How long a certificate may last, from the end of its run: an old run cannot be certified again and again. */
export const MAX_CERTIFIED_MS = 400 * 24 * 3_600_000;

/** The times of exchanges and of the run come from one clock, but each is rounded to milliseconds. */
const ROUNDING_MS = 1000;

const originOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null);

/** Collects the origins of all URLs that a value contains, such as `api_base` and `token_url` of a manifest. */
function originsIn(value: unknown): string[] {
  if (typeof value === "string") return /^https?:/i.test(value) ? [originOf(value) ?? ""] : [];
  if (Array.isArray(value)) return value.flatMap(originsIn);
  return isObject(value) ? Object.values(value).flatMap(originsIn) : [];
}

/** Finds a call that went elsewhere than to the target and to where its manifest leads. */
function findForeignCall({ recorded }: Bundle, exchanges: readonly Exchange[]): string | null {
  const { record, through } = recorded;
  // Through a profile, every call goes to the shim.
  const target = through ? new URL(through.shim) : recorded.target;
  const manifest = record.parts.discovery?.manifest;
  const allowed = new Set([target.origin, ...originsIn(manifest ? objectOf(manifest) : null)]);
  const isCall = ({ request }: Exchange) => /^https?:/.test(request.url);
  const foreign = exchanges.find((each) => isCall(each) && !allowed.has(originOf(each.request.url) ?? ""));
  if (foreign) return `${foreign.id} went to ${foreign.request.url}, not to the target ${target.href}`;
  const base = target.href.replace(/\/$/, "");
  if (manifest && !manifest.request.url.startsWith(`${base}/`))
    return `the manifest came from ${manifest.request.url}, not from the target ${target.href}`;
  return exchanges.some((each) => isCall(each) && originOf(each.request.url) === target.origin)
    ? null
    : `no call went to the target ${target.href}`;
}

/** The longest time from the beginning of a passive window to its end, whatever its gaps. */
const MAX_WINDOW_MS = 31 * 24 * 3_600_000;

/** Finds traffic from before the run or after it. A passive window may have begun in an earlier run. */
function findUntimely({ recorded }: Bundle): string | null {
  const { startedAt, finishedAt, record } = recorded;
  const { observation, ...parts } = record.parts;
  const begun = Date.parse(observation?.periods[0]?.from ?? "");
  if (finishedAt.getTime() - begun > MAX_WINDOW_MS)
    return `the window began on ${observation?.periods[0]?.from}, more than 31 days before its end`;
  const outside =
    findOutside({ parts, missing: {} }, startedAt.getTime(), finishedAt.getTime()) ??
    (observation && findOutside({ parts: { observation }, missing: {} }, begun, finishedAt.getTime()));
  return outside ? `${outside.id} is of ${outside.at}, which is not during the run` : null;
}

/** Finds traffic from before a moment or after another, both in Unix milliseconds. */
function findOutside(record: EvidenceRecord, from: number, to: number) {
  const { exchanges, deliveries } = collectTraffic(record);
  const times = [
    ...exchanges.map(({ id, startedAt: at }) => ({ id, at })),
    ...deliveries.map(({ id, receivedAt: at }) => ({ id, at })),
  ];
  return times.find(({ at }) => {
    const time = Date.parse(at);
    return !(time >= from - ROUNDING_MS && time <= to + ROUNDING_MS);
  });
}

/** Finds a part of the second look that a whole vendor run takes at its end and that is absent from the evidence. */
function findMissingLook({ recorded }: Bundle): string | null {
  const { only, stopped, record } = recorded;
  if (only !== null || stopped !== null || record.parts.discovery === undefined) return null;
  const { closing, ...parts } = record.parts;
  const absent = closingScenarios(parts).find(
    ({ part }) => closing === undefined || !(part in closing.parts || part in closing.missing),
  );
  return absent ? `the second look at ${absent.part} at the end of the run is missing` : null;
}

/**
 * Finds a claim of a bundle that its own evidence contradicts. Grading the evidence does not show this: verdicts do not
 * depend on the target's name, on dates, or on parts that are absent.
 *
 * @returns what is wrong; `null` if the evidence supports the claims
 */
export function findContradiction(bundle: Bundle): string | null {
  if (bundle.contractVersion !== CONTRACT_VERSION)
    return `the bundle says contract ${bundle.contractVersion}, but its requirements are those of ${CONTRACT_VERSION}`;
  const { startedAt, finishedAt, record } = bundle.recorded;
  if (finishedAt < startedAt) return "the run ended before it started";
  return (
    findForeignCall(bundle, collectTraffic(record).exchanges) ??
    findUntimely(bundle) ??
    findMissingLook(bundle)
  );
}
