import { toPrintable } from "@convergint/internal/printable";
import type { CliContext } from "./context.ts";

const MAX_SHOWN = 10;

/** Collects what a run could not undo at the vendor, and shows it after everything else, so that a person can undo it. */
export function createLeftOverNotice({ stderr }: Pick<CliContext, "stderr">) {
  let calls: readonly string[] = [];
  return {
    onLeftOver(left: readonly string[]): void {
      calls = left;
    },
    show(): void {
      if (calls.length === 0) return;
      const lines = calls.slice(0, MAX_SHOWN).map((call) => `  ${toPrintable(call)}\n`);
      const more = calls.length > MAX_SHOWN ? `  and ${calls.length - MAX_SHOWN} more\n` : "";
      stderr.write(
        `The suite could not undo all its changes at the vendor. Repeat these calls before the next run:\n${lines.join("")}${more}`,
      );
    },
  };
}
