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

/** What each code of the suite's errors means, and what to do. The documentation shows it. */
export const SUITE_TEXTS = {
  usage: {
    means: "The command line is incomplete or contradicts itself. Exit code 2.",
    fix: "Correct what the message names; `--help` shows the options.",
  },
  not_found: {
    means: "The config file that `--config` names does not exist.",
    fix: "Correct the path, or write one with `convergint-conformance init`.",
  },
  ambiguous: {
    means: "The folder has several config files.",
    fix: "Keep one, or name one with `--config`.",
  },
  not_loaded: {
    means: "The config file cannot be read or parsed.",
    fix: "Correct the syntax at the place that the message names. A TypeScript config needs a Node that reads TypeScript.",
  },
  invalid: {
    means: "A setting of the config file or of a variable has an invalid value.",
    fix: "Correct the setting that the message names.",
  },
  secret: {
    means: "The config file contains a secret.",
    fix: "Pass secrets as environment variables: a config file is committed.",
  },
  not_a_bundle: {
    means: "The file is not a bundle of this format.",
    fix: "Pass a file that `run --bundle` wrote. A newer bundle needs a newer suite.",
  },
  changed: {
    means: "The bundle was changed after it was written, so its evidence proves nothing.",
    fix: "Use the original file. Some editors and transfers change line ends or encodings.",
  },
  other_requirements: {
    means: "The bundle was recorded for another set of requirements.",
    fix: "Grade it with the version of the suite that the message names.",
  },
  not_a_baseline: {
    means: "The baseline file is invalid. The message names each entry.",
    fix: "Write an id of a requirement, a reason and, if you like, a date for each known failure.",
  },
  not_certified: {
    means: "The bundle does not qualify for a certificate: a requirement failed, or the run was partial.",
    fix: "Make a complete run that ends with CERTIFIED, then certify its bundle.",
  },
  not_confirmed: {
    means: "The run does not confirm the certificate, or the last confirmation is older than you accept.",
    fix: "Run the suite against the same vendor again and confirm with that bundle.",
  },
  incomparable: {
    means: "The two bundles are not of runs that can be compared.",
    fix: "Give two bundles of runs against one vendor.",
  },
  history: {
    means: "The history file of `watch` cannot be continued by this version.",
    fix: "Give another file, or continue with the version that wrote it.",
  },
  answer_programme: {
    means: "The list of answers for `listen` is invalid.",
    fix: "Separate answers with commas. An answer is a status (`500`), a status with Retry-After (`429:5`), `slow:SECONDS`, `hang`, `reset` or `redirect`.",
  },
  cannot_fuzz: {
    means: "The vendor's answers differ so much from the contract that no calls can be made up.",
    fix: "Make the vendor pass `run` first.",
  },
  cannot_send: {
    means: "`send` could not post: the file of events cannot be read, or nothing answers at the address.",
    fix: "Correct what the message names; `send --help` shows the forms of an event.",
  },
  cannot_drive: {
    means:
      "A scenario could not drive the vendor, for example because no webhook arrived. Its requirements are reported as not tested or failed.",
    fix: "The message says what was missing, often with the requirement to read.",
  },
  cannot_act: {
    means: "A button of the test bench (`dev`) cannot do what it says, or the vendor refused it.",
    fix: "The message says why, such as a missing sandbox command or an endpoint that a person registered.",
  },
  other_device: {
    means: "The person chose another device for a change. The scenario begins again.",
    fix: "Nothing to correct.",
  },
  not_a_state: {
    means: "The file is not the state of a window in this format.",
    fix: "Begin a new window, or give the file that the command wrote.",
  },
  other_window: {
    means: "The state belongs to a window of another vendor, credential or endpoint.",
    fix: "Give the same target, credential and secret as at the beginning, or begin a new window.",
  },
  interrupted: {
    means: "The run was stopped by a person or a signal. Exit code 130.",
    fix: "Run it again. A bundle of what was recorded can be continued with `run --continue`.",
  },
  out_of_time: {
    means: "The run reached its time limit.",
    fix: "Raise `--time-budget`, or find what makes the vendor slow: the report has the times.",
  },
  wrong_target: {
    means: "What answers at the target is not a vendor cloud of this contract.",
    fix: "Check `--target`: the manifest must be at `/.well-known/vendor-cloud` below it.",
  },
  destination_refused: {
    means: "The vendor refuses to post to the suite's address.",
    fix: "Give an address that the vendor can reach with `--public-url`, or allow private addresses in the sandbox.",
  },
  credential_rejected: {
    means: "The vendor does not accept the credential.",
    fix: "Check the API key or the client of the sandbox tenant.",
  },
  vendor_down: {
    means: "The vendor stopped answering during the run.",
    fix: "Look at the vendor's log at the time of the last call in the report.",
  },
  receiver_unreachable: {
    means: "The receiver under test does not answer.",
    fix: "Check `--url`, and that the receiver is started.",
  },
} satisfies Readonly<Record<string, { readonly means: string; readonly fix: string }>>;
