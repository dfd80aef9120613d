import { toPrintable } from "@convergint/internal/printable";
import { Command } from "commander";
import { readClaims } from "../certificate/statement.ts";
import { verifyCertificate } from "../certificate/verify.ts";
import { dateOf } from "../harness/clock.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import type { CliContext } from "./context.ts";
import { readInput } from "./files.ts";
import { readPublicKey } from "./keygen-command.ts";

interface VerifyFlags {
  readonly bundle: string;
  readonly publicKey: string;
  readonly nonce?: string;
  readonly json: boolean;
}

async function run(
  file: string,
  { bundle, publicKey, nonce, json }: VerifyFlags,
  context: CliContext,
): Promise<void> {
  const key = await readPublicKey(context, publicKey);
  const { refusals, statement } = await verifyCertificate(
    await readInput(context, "the certificate", file),
    await readInput(context, "the bundle", bundle),
    { publicKey: key, nonce, now: dateOf(context.clock) },
  );
  const isValid = refusals.length === 0;
  if (json) {
    context.stdout.write(`${JSON.stringify({ valid: isValid, refusals, statement }, null, 2)}\n`);
  } else if (isValid && statement) {
    const { target, profiles, contract_version, expires_at, not_judged } = toPrintable(readClaims(statement));
    const names = profiles.map(({ name }) => name).join(", ");
    context.stdout.write(
      `VALID  ${target} is certified for ${names} of the vendor cloud contract ${contract_version}, until ${expires_at}.\n` +
        `The signature is valid, and grading the evidence again confirms the certificate. ${not_judged.length} requirements were not tested.\n`,
    );
  } else {
    for (const { code, reason } of toPrintable(refusals)) {
      context.stdout.write(`REFUSED (${code})  ${reason}.\n`);
    }
  }
  context.exitCode = isValid ? exitCodeOf.certified : exitCodeOf.not_conformant;
}

/** Creates `verify`, which verifies a certificate. */
export const verifyCommand = (context: CliContext) =>
  new Command("verify")
    .description(
      "Verify a certificate offline: check its signature, expiry, challenge and digest, then grade its bundle again.",
    )
    .argument("<certificate>", "certificate, written by `certify`")
    .requiredOption("--bundle <file>", "evidence bundle of the certificate")
    .requiredOption("--public-key <file>", "trusted public key in PEM")
    .option("--nonce <text>", "challenge that you gave the vendor")
    .option("--json", "print JSON", false)
    .addHelpText("after", "\nExit codes: 0 valid · 1 refused · 2 usage error")
    .action((file: string, flags: VerifyFlags) => run(file, flags, context));
