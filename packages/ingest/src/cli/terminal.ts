import type { Writable } from "node:stream";
import { stringifyPrintable, toPrintable } from "@convergint/internal/printable";

/**
 * The environment that a command reads, and the streams that it writes to. Tests pass their own environment
 * and streams.
 */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Sets the exit code of a command that printed an answer but did not succeed. */
  setExitCode(code: number): void;
}

/**
 * Prints a command's answer: as JSON with `--json`, otherwise as lines of text. In both, a vendor's text cannot move the
 * cursor or write to the clipboard.
 */
export function print(
  { stdout }: Pick<Terminal, "stdout">,
  flags: { readonly json?: boolean },
  answer: unknown,
  lines: readonly string[],
): void {
  stdout.write(
    flags.json
      ? `${stringifyPrintable(answer)}\n`
      : `${toPrintable(lines, { keepLines: true }).join("\n")}\n`,
  );
}
