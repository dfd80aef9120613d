import { createPublicKey, type KeyObject } from "node:crypto";
import { Command } from "commander";
import { openDocument, sealDocument } from "../certificate/dsse.ts";
import { createNextList, REVOCATION_LIST, type RevocationList } from "../certificate/revocations.ts";
import { CERTIFICATE } from "../certificate/statement.ts";
import { dateOf } from "../harness/clock.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readIfPresent, readInput, replaceFile } from "./files.ts";
import { readPrivateKey } from "./keygen-command.ts";
import { parseDuration } from "./options.ts";

interface RevokeFlags {
  readonly list: string;
  readonly key: string;
  readonly reason?: string;
  readonly nextUpdate: string;
}

/** Returns the id of a certificate. The argument is the id itself, or a certificate that this key signed. */
async function idOf(context: CliContext, given: string, publicKey: KeyObject): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(given)) return given;
  const opened = openDocument(CERTIFICATE, await readInput(context, "the certificate", given), publicKey);
  if (opened.value !== null) return opened.sha256;
  throw new UsageError(
    opened.problem === "signature"
      ? `${given} is not signed with --key. Only the key that signed a certificate can revoke it.`
      : `${given} is not a certificate of this suite.`,
  );
}

function readList(file: string, bytes: Buffer | null, publicKey: KeyObject): RevocationList | null {
  if (bytes === null) return null;
  const opened = openDocument(REVOCATION_LIST, bytes, publicKey);
  if (opened.value !== null) return opened.value;
  throw new UsageError(
    opened.problem === "signature"
      ? `The list ${file} is not signed with --key. Give the key of the list, or another file for --list.`
      : `${file} is not a revocation list. Give another file for --list.`,
  );
}

async function revoke(
  certificates: readonly string[],
  { list: file, key, reason, nextUpdate }: RevokeFlags,
  context: CliContext,
): Promise<void> {
  const validMs = parseDuration("--next-update", nextUpdate);
  if (certificates.length > 0 && (reason === undefined || reason === "" || reason.length > 500))
    throw new UsageError("Say why with --reason, in at most 500 characters. `verify` shows the reason.");
  const privateKey = await readPrivateKey(context, key);
  const publicKey = createPublicKey(privateKey);
  const previous = readList(file, await readIfPresent(context, "the list", file), publicKey);
  const issuedAt = dateOf(context.clock);
  const added = [];
  for (const given of certificates) {
    const certificate = await idOf(context, given, publicKey);
    added.push({ certificate, reason: reason ?? "", revoked_at: issuedAt.toISOString() });
  }
  const next = createNextList(previous, added, {
    issuedAt,
    nextUpdate: new Date(issuedAt.getTime() + validMs),
  });
  const text = `${JSON.stringify(sealDocument(REVOCATION_LIST, next, privateKey), null, 2)}\n`;
  await replaceFile(context, "the list", file, text);
  context.stdout.write(
    `Wrote the revocation list ${next.sequence} to ${file}; revoked certificates: ${next.revoked.length}. Publish it, and replace it before ${next.next_update}.\n`,
  );
}

/** Creates `revoke`, which publishes a signed list of revoked certificates. */
export const revokeCommand = (context: CliContext) =>
  new Command("revoke")
    .description(
      "Add certificates to a signed revocation list, for `verify --revocations`. Without a certificate, renew the list. A revocation is final.",
    )
    .argument("[certificates...]", "certificates, written by `certify`, or their ids, as `verify` shows them")
    .requiredOption("--list <file>", "the revocation list; created if it does not exist")
    .requiredOption("--key <file>", "Ed25519 private key that signed the certificates and the list")
    .option("--reason <text>", "why; `verify` shows it")
    .option("--next-update <time>", "how long the list is valid, such as 30d or 12h", "30d")
    .addHelpText(
      "after",
      "\nSign and publish a new list before the old list is out of date, for example daily. If the list is out of date, `verify` refuses every certificate.\n\nExit codes: 0 written · 2 usage error",
    )
    .action((certificates: string[], flags: RevokeFlags) => revoke(certificates, flags, context));
