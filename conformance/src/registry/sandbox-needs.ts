/** A requirement that shows only where something changes, and the sandbox commands that make it change. */
interface SandboxNeed {
  readonly commands: readonly string[];
  readonly ids: readonly string[];
}

const NEEDS: readonly SandboxNeed[] = [
  { commands: ["add_device", "move_device"], ids: ["INV-014", "SYNC-008"] },
  { commands: ["add_device", "remove_device"], ids: ["PAGE-009", "SYNC-003"] },
];

/**
 * Why a requirement is not judged with a sandbox that takes these commands; `null` where it is.
 *
 * @see spec/1.0/contract.md#sandbox-control
 */
export function uncommanded(id: string, commands: readonly string[]): string | null {
  const need = NEEDS.find(({ ids }) => ids.includes(id));
  const missing = need?.commands.filter((command) => !commands.includes(command)) ?? [];
  return missing.length === 0
    ? null
    : `It takes a sandbox that changes the inventory while the suite looks: offer ${missing.join(" and ")} in sandbox.commands.`;
}
