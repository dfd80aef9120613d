import { Command } from "commander";
import { certify, NotCertifiedError } from "../certificate/certify.ts";
import { dateOf } from "../harness/clock.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput, writeOutput } from "./files.ts";
import { readPrivateKey } from "./keygen-command.ts";

interface CertifyFlags {
  readonly key: string;
  readonly nonce?: string;
  readonly expiresIn: string;
  readonly out?: string;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new UsageError(`--expires-in takes a duration such as 90d, 12h or 30m; got ${JSON.stringify(text)}.`);
}

async function run(
  file: string,
  { key, nonce, expiresIn, out }: CertifyFlags,
  context: CliContext,
): Promise<void> {
  const lifetimeMs = parseDuration(expiresIn);
  const privateKey = await readPrivateKey(context, key);
  const bundle = await readInput(context, "the bundle", file);
  const issuedAt = dateOf(context.clock);
  const expiresAt = new Date(issuedAt.getTime() + lifetimeMs);
  try {
    const envelope = await certify(bundle, privateKey, { issuedAt, expiresAt, nonce: nonce ?? null });
    const text = `${JSON.stringify(envelope, null, 2)}\n`;
    if (out === undefined) context.stdout.write(text);
    else await writeOutput(context, "the certificate", out, text);
  } catch (error) {
    if (!(error instanceof NotCertifiedError)) throw error;
    context.stderr.write(`${error.message}\n`);
    context.exitCode = exitCodeOf[error.conclusion] || exitCodeOf.incomplete;
  }
}

/** Creates `certify`, which signs a certificate for an evidence bundle. */
export const certifyCommand = (context: CliContext) =>
  new Command("certify")
    .description(
      "Grade an evidence bundle again and sign a certificate for it. The run must be complete and certified.",
    )
    .argument("<bundle>", "evidence bundle, written by `run --bundle FILE`")
    .requiredOption("--key <file>", "Ed25519 private key in PEM; `keygen` creates one")
    .option("--nonce <text>", "challenge from the integrator")
    .option("--expires-in <time>", "lifetime of the certificate, such as 90d, 12h or 30m", "90d")
    .option("--out <file>", "output file (default: standard output)")
    .action((file: string, flags: CertifyFlags) => run(file, flags, context));
