import type { EvidenceRecord } from "./evidence.ts";

/** By what devices were changed in a run; `null` where none was. */
export function triggerIn({ parts }: EvidenceRecord): "sandbox" | "command" | null {
  const changes = parts.health?.changes ?? [];
  if (changes.length === 0) return null;
  return changes.some(({ command }) => command.request.method === "TRIGGER") ? "command" : "sandbox";
}
