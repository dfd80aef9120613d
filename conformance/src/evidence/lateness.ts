import type { Evidence, PartName } from "./evidence.ts";

/**
 * Requirements whose verdict depends on when something arrived, or on how long the suite waited. If the
 * machine was too busy, the machine may have caused a failure, not the vendor.
 */
const TIMED: ReadonlySet<string> = new Set([
  ...["AUTH-005", "SEC-009", "INV-014", "INV-018", "SYNC-002", "SYNC-003", "SYNC-008", "DEV-008"],
  ...["EVT-001", "EVT-004", "EVT-007", "EVT-009", "EVT-013", "EVT-014", "EVT-015", "EVT-016", "EVT-017"],
  ...["EVT-019", "EVT-020", "EVT-021", "EVT-022", "EVT-023"],
  ...["DLV-001", "DLV-003", "DLV-004", "DLV-005", "DLV-006", "DLV-007", "DLV-008", "DLV-009", "DLV-015"],
  ...["DLV-016", "DLV-017", "SBX-006"],
  ...["RCV-004", "RCV-005", "RCV-007", "RCV-008", "RCV-009", "RCV-010", "RCV-011", "RCV-014", "RCV-016"],
  ...["RCV-018", "RCV-019", "RCV-020", "RCV-022", "RCV-024"],
]);

/** Tells whether the verdict on a requirement depends on time. */
export const isTimed = (requirementId: string): boolean => TIMED.has(requirementId);

/** How much time may be lost before a failure becomes doubtful. */
const MAX_LOST_MS = 1000;

/** Returns all moments in evidence, as Unix milliseconds: when calls began and ended, and deliveries arrived. */
function momentsIn(value: unknown, found: number[] = []): number[] {
  if (typeof value !== "object" || value === null) return found;
  for (const [name, member] of Object.entries(value)) {
    if (name === "startedAt" || name === "receivedAt" || name === "triggeredAt") {
      const moment = Date.parse(String(member));
      found.push(moment);
      if ("durationMs" in value) found.push(moment + Number(value.durationMs));
    } else momentsIn(member, found);
  }
  return found;
}

/**
 * Explains why a failure is doubtful: while the suite recorded these parts of the evidence, the machine did
 * not run the suite for too long. It is possible that a webhook only seemed late, or that a wait was too
 * short.
 * @param needs the parts that the failed check reads
 * @returns `null` if the suite had enough time
 */
export function explainLateness(needs: readonly PartName[], parts: Partial<Evidence>): string | null {
  const stalls = parts.lateness?.stalls ?? [];
  if (stalls.length === 0) return null;
  const read = needs
    // A window notes its gaps itself, and judges nothing about them.
    .filter((part) => part !== "discovery" && part !== "observation")
    .flatMap((part) => [parts[part], parts.closing?.parts[part]]);
  const periods = read.flatMap((part) => {
    const moments = momentsIn(part);
    return moments.length === 0 ? [] : [[Math.min(...moments), Math.max(...moments)] as const];
  });
  const lostMs = stalls
    .filter(({ until, lostMs: lost }) => {
      const end = Date.parse(until);
      return periods.some(([from, to]) => end >= from && end - lost <= to);
    })
    .reduce((sum, { lostMs: lost }) => sum + lost, 0);
  if (lostMs < MAX_LOST_MS) return null;
  return `this machine was too busy: it did not run the suite for ${(lostMs / 1000).toFixed(1)} s during this test, so the suite cannot tell whether the vendor or the machine was late. Run again on a machine with free processors`;
}
