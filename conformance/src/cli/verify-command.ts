import { Command } from "commander";
import { readClaims } from "../certificate/statement.ts";
import { verifyCertificate } from "../certificate/verify.ts";
import { toPrintable } from "../report/printable.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { readInput } from "./files.ts";
import { readPublicKey } from "./keys.ts";

interface VerifyFlags {
  readonly bundle: string;
  readonly publicKey: string;
  readonly nonce?: string;
  readonly json: boolean;
}

async function run(file: string, { bundle, publicKey, nonce, json }: VerifyFlags): Promise<void> {
  const key = await readPublicKey(publicKey);
  const { refusals, statement } = await verifyCertificate(
    await readInput("The certificate", file),
    await readInput("The bundle", bundle),
    { publicKey: key, nonce, now: new Date() },
  );
  const isValid = refusals.length === 0;
  if (json) {
    process.stdout.write(`${JSON.stringify({ valid: isValid, refusals, statement }, null, 2)}\n`);
  } else if (isValid && statement) {
    const { target, profiles, contract_version, expires_at, not_judged } = toPrintable(readClaims(statement));
    const names = profiles.map(({ name }) => name).join(", ");
    process.stdout.write(
      `VALID  ${target} is certified in ${names} of the vendor cloud contract ${contract_version}, until ${expires_at}.\n` +
        `The signature is the key's, and the evidence, judged again, shows it. ${not_judged.length} requirements were not judged.\n`,
    );
  } else {
    for (const { code, reason } of toPrintable(refusals)) {
      process.stdout.write(`REFUSED (${code})  ${reason}.\n`);
    }
  }
  process.exitCode = isValid ? exitCodeOf.certified : exitCodeOf.not_conformant;
}

/** `verify`: whether a certificate is to be believed. */
export const verifyCommand = () =>
  new Command("verify")
    .description(
      "Check a certificate offline: signature, expiry, challenge, digest; and judge its bundle again.",
    )
    .argument("<certificate>", "what `certify` wrote")
    .requiredOption("--bundle <file>", "the evidence bundle it is about")
    .requiredOption("--public-key <file>", "the key you trust, PEM")
    .option("--nonce <text>", "the challenge you gave")
    .option("--json", "print JSON", false)
    .addHelpText("after", "\nExit codes: 0 valid · 1 refused · 2 usage")
    .action(run);
