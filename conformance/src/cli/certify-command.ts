import { createPublicKey } from "node:crypto";
import { Command } from "commander";
import { readBundle } from "../bundle/bundle.ts";
import { certify, NotCertifiedError } from "../certificate/certify.ts";
import { CONFIRMATION, confirm, NotConfirmedError } from "../certificate/confirmation.ts";
import { type Envelope, sealDocument } from "../certificate/dsse.ts";
import { verifyCertificate } from "../certificate/verify.ts";
import { dateOf } from "../harness/clock.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput, writeOutput } from "./files.ts";
import { readPrivateKey } from "./keygen-command.ts";
import { parseDuration } from "./options.ts";

interface CertifyFlags {
  readonly key: string;
  readonly nonce?: string;
  readonly expiresIn: string;
  readonly out?: string;
}

async function writeEnvelope(
  context: CliContext,
  what: string,
  file: string | undefined,
  envelope: Envelope,
): Promise<void> {
  const text = `${JSON.stringify(envelope, null, 2)}\n`;
  if (file === undefined) context.stdout.write(text);
  else await writeOutput(context, what, file, text);
}

async function run(
  file: string,
  { key, nonce, expiresIn, out }: CertifyFlags,
  context: CliContext,
): Promise<void> {
  const lifetimeMs = parseDuration("--expires-in", expiresIn);
  const privateKey = await readPrivateKey(context, key);
  const bundle = await readInput(context, "the bundle", file);
  const issuedAt = dateOf(context.clock);
  const expiresAt = new Date(issuedAt.getTime() + lifetimeMs);
  try {
    const envelope = await certify(bundle, privateKey, { issuedAt, expiresAt, nonce: nonce ?? null });
    await writeEnvelope(context, "the certificate", out, envelope);
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

interface ConfirmFlags {
  readonly bundle: string;
  readonly later: string;
  readonly key: string;
  readonly out?: string;
}

async function runConfirm(
  file: string,
  { bundle, later, key, out }: ConfirmFlags,
  context: CliContext,
): Promise<void> {
  const privateKey = await readPrivateKey(context, key);
  const certified = await readInput(context, "the bundle", bundle);
  const now = dateOf(context.clock);
  const publicKey = createPublicKey(privateKey);
  const certificate = await readInput(context, "the certificate", file);
  const { statement, refusals, ...verified } = await verifyCertificate(certificate, certified, {
    publicKey,
    now,
  });
  const [refusal] = refusals;
  if (!statement || refusal)
    throw new UsageError(`The certificate is refused (${refusal?.code}): ${refusal?.reason}.`);
  const newer = await readInput(context, "the later bundle", later);
  try {
    const confirmation = await confirm(
      { ...verified, statement },
      readBundle(certified).recorded,
      newer,
      now,
    );
    await writeEnvelope(
      context,
      "the confirmation",
      out,
      sealDocument(CONFIRMATION, confirmation, privateKey),
    );
  } catch (error) {
    if (!(error instanceof NotConfirmedError)) throw error;
    context.stderr.write(`${error.message}\n`);
    context.exitCode = exitCodeOf.not_conformant;
  }
}

/** Creates `confirm`, which signs that a later run confirmed the claims of a certificate. */
export const confirmCommand = (context: CliContext) =>
  new Command("confirm")
    .description(
      "Check a certificate against the evidence bundle of a later run for the same vendor, for example a run of `watch`. Writes a signed confirmation for `verify --confirmation`.",
    )
    .argument("<certificate>", "certificate, written by `certify`")
    .requiredOption("--bundle <file>", "evidence bundle of the certificate")
    .requiredOption("--later <file>", "evidence bundle of the later run")
    .requiredOption("--key <file>", "Ed25519 private key that signed the certificate")
    .option("--out <file>", "output file (default: standard output)")
    .addHelpText(
      "after",
      "\nExit codes: 0 confirmed · 1 the later run does not confirm the certificate · 2 usage error",
    )
    .action((file: string, flags: ConfirmFlags) => runConfirm(file, flags, context));
