import { show } from "../checks/finding.ts";
import { isSignedBy } from "../checks/signature-schemes.ts";
import { readVendorId } from "../evidence/manifest.ts";
import { endOf, memberOf, objectOf } from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import type { Recorded } from "../suite/grade.ts";
import {
  compareCursor,
  compareExpiredToken,
  compareKeptEvents,
  compareKeptToken,
} from "./compare-continued.ts";
import { compareIds } from "./compare-ids.ts";
import { compareAnnouncements, compareNames } from "./compare-withdrawals.ts";
import { readEarlierRun } from "./earlier-run.ts";
import { type Compared, HOUR_MS, type Snapshot, sideOf } from "./snapshot.ts";

/** The verdict on one requirement. */
export interface Comparison extends Compared {
  readonly id: (typeof COMPARISONS)[number][0];
  readonly verdict: "pass" | "fail" | "could-not-run" | "not-applicable";
}

function verdictOn({ differences, doubts, compared }: Compared): Comparison["verdict"] {
  if (differences.length > 0) return "fail";
  if (doubts.length > 0) return "could-not-run";
  return compared > 0 ? "pass" : "not-applicable";
}

/** Reports two bundles that cannot be compared; the message says why. */
export class IncomparableError extends Error {
  readonly code = "incomparable";
  constructor(message: string) {
    super(message);
    this.name = "IncomparableError";
  }
}

function toSnapshot({ record }: Recorded, which: string): Snapshot {
  const manifest = record.parts.discovery?.manifest;
  if (!manifest || objectOf(manifest) === null)
    throw new IncomparableError(
      `The ${which} bundle has no manifest. Give two bundles of runs against a vendor (\`run --bundle FILE\`).`,
    );
  return { parts: record.parts, manifest, traffic: collectTraffic(record) };
}

const vendorOf = ({ manifest }: Snapshot) => readVendorId(manifest);

const publicKeysOf = ({ manifest }: Snapshot): readonly unknown[] => {
  const keys = memberOf(objectOf(manifest), "webhooks")?.["public_keys"];
  return Array.isArray(keys) ? keys : [];
};

/**
 * Finds deliveries that are signed only with a key that was not in the manifest 24 hours earlier. @see
 * spec/1.0/contract.md#sig-005
 */
function compareKeys(older: Snapshot, newer: Snapshot): Compared {
  const known = publicKeysOf(older);
  const added = publicKeysOf(newer).filter((key) => !known.includes(key));
  const readAt = endOf(older.manifest);
  const soon = newer.traffic.deliveries.filter(
    ({ receivedAt }) => Date.parse(receivedAt) - readAt < 24 * HOUR_MS,
  );
  const [first] =
    added.length === 0
      ? []
      : soon.filter((delivery) => isSignedBy(added, delivery) && !isSignedBy(known, delivery));
  return {
    differences: first
      ? [
          {
            older: sideOf(older, older.manifest.id, "/webhooks/public_keys", show(known)),
            newer: sideOf(newer, first.id, "webhook-signature", show(first.headers["webhook-signature"])),
            expected: `a signature with a key of the older manifest until ${new Date(readAt + 24 * HOUR_MS).toISOString()}`,
            hint: `This delivery of ${first.receivedAt} is signed only with a key that the manifest did not have at ${new Date(readAt).toISOString()}. Add a new key to the manifest, and sign with both keys for at least 24 hours.`,
          },
        ]
      : [],
    doubts: [],
    compared: added.length === 0 ? 0 : soon.length,
  };
}

const COMPARISONS = [
  ["INV-008", compareIds],
  ["MAN-005", compareNames],
  ["MAN-006", compareAnnouncements],
  ["PAGE-010", compareCursor],
  ["SYNC-004", compareKeptToken],
  ["SYNC-005", compareExpiredToken],
  ["SIG-005", compareKeys],
  ["EVT-024", compareKeptEvents],
] as const;

/**
 * Compares what two runs against one vendor recorded, for the requirements that one run cannot show.
 *
 * @throws {IncomparableError} if the runs are of two vendors, overlap or are in the wrong order
 */
export function compareRuns(olderRun: Recorded, newerRun: Recorded): readonly Comparison[] {
  const [older, newer] = [toSnapshot(olderRun, "older"), toSnapshot(newerRun, "newer")];
  if (vendorOf(older) !== vendorOf(newer))
    throw new IncomparableError(
      `The bundles are of two vendors, ${show(vendorOf(older))} and ${show(vendorOf(newer))}.`,
    );
  if (olderRun.finishedAt > newerRun.startedAt)
    throw new IncomparableError(
      `The first run ended at ${olderRun.finishedAt.toISOString()}, after the second run began (${newerRun.startedAt.toISOString()}). Give the older bundle first.`,
    );
  const earlier = readEarlierRun(olderRun);
  return COMPARISONS.map(([id, compare]) => {
    const result = compare(older, newer, earlier);
    return { id, verdict: verdictOn(result), ...result };
  });
}
