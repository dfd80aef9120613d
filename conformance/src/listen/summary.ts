import type { Inspection } from "./inspection.ts";

/** What came in all, in a few words. */
export function summaryOf(inspections: readonly Pick<Inspection, "good" | "steps">[]): string {
  if (inspections.length === 0) return "Nothing was posted.";
  const good = inspections.filter((each) => each.good).length;
  const counts = new Map<string, number>();
  for (const { steps } of inspections) {
    const broken = steps.flatMap(({ outcome, requirements }) => (outcome === "wrong" ? requirements : []));
    for (const id of new Set(broken)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const times = [...counts].map(([id, count]) => `${id} ${count === 1 ? "once" : `${count} times`}`);
  const deliveries = inspections.length === 1 ? "1 delivery" : `${inspections.length} deliveries`;
  return `${deliveries}, ${good} good${times.length > 0 ? `; broken: ${times.join(", ")}` : ""}.`;
}
