import { Command } from "commander";
import { certify, NotCertifiedError } from "../certificate/certify.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { readInput, writeOutput } from "./files.ts";
import { readPrivateKey } from "./keys.ts";
import { UsageError } from "./usage-error.ts";

interface CertifyFlags {
  readonly key: string;
  readonly nonce?: string;
  readonly expiresIn: string;
  readonly out?: string;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new UsageError(`--expires-in takes a time such as 90d, 12h or 30m; got ${JSON.stringify(text)}.`);
}

async function run(file: string, { key, nonce, expiresIn, out }: CertifyFlags): Promise<void> {
  const lifetimeMs = durationMs(expiresIn);
  const privateKey = await readPrivateKey(key);
  const bundle = await readInput("The bundle", file);
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + lifetimeMs);
  try {
    const envelope = await certify(bundle, privateKey, { issuedAt, expiresAt, nonce: nonce ?? null });
    const text = `${JSON.stringify(envelope, null, 2)}\n`;
    if (out === undefined) process.stdout.write(text);
    else await writeOutput("The certificate", out, text);
  } catch (error) {
    if (!(error instanceof NotCertifiedError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = exitCodeOf[error.conclusion] || exitCodeOf.incomplete;
  }
}

/** `certify`: sign what a bundle shows. */
export const certifyCommand = () =>
  new Command("certify")
    .description("Judge a bundle again and sign a certificate over it; only a whole, certified run has one.")
    .argument("<bundle>", "what `run --bundle FILE` wrote")
    .requiredOption("--key <file>", "the Ed25519 private key, PEM; `keygen` makes one")
    .option("--nonce <text>", "the integrator's challenge")
    .option("--expires-in <time>", "how long it is good for: 90d, 12h, 30m", "90d")
    .option("--out <file>", "where to write it; standard output otherwise")
    .action(run);
