import type { Clock } from "../harness/clock.ts";

/** Reports a command line that cannot be executed; the message says what to give instead. */
export class UsageError extends Error {
  readonly code = "usage";
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** An output stream of a command; it may be a terminal. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly write: (text: string) => unknown;
}

/** Watches for Ctrl-C until `release` is called. */
export interface InterruptWatch {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** The parts of the process that commands use; tests replace them to run commands without a process. */
export interface CliContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. Relative paths start there. */
  readonly folder: string;
  readonly stdout: Screen;
  readonly stderr: Screen;
  /**
   * Asks a question on the terminal; `null` if standard input is not a terminal. If the signal aborts, the
   * promise rejects.
   */
  readonly ask: ((question: string, signal?: AbortSignal) => Promise<string>) | null;
  readonly watchInterrupt: () => InterruptWatch;
  readonly clock: Clock;
  /** How many devices a run changes at the same time. Default: the number that a certificate needs. */
  readonly burst?: number;
  /** The exit code, set by commands. */
  exitCode: number;
}

/** Waits for Ctrl-C. */
export async function waitForInterrupt({ watchInterrupt }: CliContext): Promise<void> {
  const { signal, release } = watchInterrupt();
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  release();
}
