import { stringifyPrintable, toPrintable } from "@convergint/internal/printable";
import { Command } from "commander";
import { z } from "zod";
import { type Confirmation, readConfirmation } from "../certificate/confirmation.ts";
import { computeKeyId } from "../certificate/dsse.ts";
import { checkRevocations, type RevocationList, type SeenList } from "../certificate/revocations.ts";
import { readClaims, type Statement } from "../certificate/statement.ts";
import { type Refusal, type VerifyOptions, verifyCertificate } from "../certificate/verify.ts";
import { parseJson } from "../evidence/read.ts";
import { describeTrigger } from "../evidence/trigger-record.ts";
import { dateOf } from "../harness/clock.ts";
import { createRecorder } from "../harness/recorder.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readIfPresent, readInput, replaceFile } from "./files.ts";
import { readPublicKey } from "./keygen-command.ts";
import { addSettings, type Flags, guardOwnCalls, parseDuration, proxySettings } from "./options.ts";

interface VerifyFlags extends Flags {
  readonly bundle: string;
  readonly publicKey: string;
  readonly nonce?: string;
  readonly revocations?: string;
  readonly seenLists?: string;
  readonly confirmation?: string;
  readonly confirmedWithin?: string;
  readonly json: boolean;
}

/** The file of `--seen-lists`. For each key id, the file has the newest revocation list seen so far. */
const seenSchema = z.strictObject({
  version: z.literal("1"),
  lists: z.record(z.string(), z.strictObject({ sequence: z.int().min(1), sha256: z.string() })),
});

/** Reads a revocation list from a file or a URL. @returns a refusal if the URL has none */
async function readRevocations(context: CliContext, source: string, flags: Flags): Promise<Buffer | Refusal> {
  if (!/^https?:\/\//.test(source)) return readInput(context, "the revocation list", source);
  const { signal } = new AbortController();
  const guard = guardOwnCalls(flags, context);
  const { clock } = context;
  const recorder = createRecorder({ credential: "", signal, guard, clock, timeoutSeconds: 10 });
  const { response, failure } = await recorder.call({
    purpose: "read the revocation list",
    url: source,
    credential: null,
  });
  return response?.status === 200
    ? Buffer.from(response.body)
    : {
        code: "revocations_unavailable",
        reason: `no revocation list at ${source} (${response?.status ?? failure}); download the list, and give the file`,
      };
}

/** Looks the certificate up in the list of `--revocations`, and remembers the list in `--seen-lists`. */
async function lookUpRevocations(
  context: CliContext,
  certificate: string,
  flags: VerifyFlags,
  { publicKey, now }: VerifyOptions,
): Promise<{ readonly refusals: readonly Refusal[]; readonly list: RevocationList | null }> {
  const { revocations: source, seenLists: file } = flags;
  if (source === undefined) return { refusals: [], list: null };
  const remembered = file === undefined ? null : await readIfPresent(context, "the seen lists", file);
  const known = remembered && seenSchema.safeParse(parseJson(remembered.toString("utf8")));
  if (known?.success === false)
    throw new UsageError(
      `${file} was not written for --seen-lists. Give another file, or restore the original file.`,
    );
  const bytes = await readRevocations(context, source, flags);
  if ("code" in bytes) return { refusals: [bytes], list: null };
  const lists: Record<string, SeenList> = known?.data?.lists ?? {};
  const keyId = computeKeyId(publicKey);
  const before = lists[keyId] ?? null;
  const { seen, ...checked } = checkRevocations(bytes, certificate, { publicKey, now, seen: before });
  if (file !== undefined && seen !== null && seen !== before) {
    const content = { version: "1", lists: { ...lists, [keyId]: seen } };
    await replaceFile(context, "the seen lists", file, `${JSON.stringify(content, null, 2)}\n`);
  }
  return checked;
}

/** When a certificate was last confirmed: by its own run or, if a confirmation exists, by a later run. */
interface LastConfirmed {
  readonly at: string;
  readonly target: string;
  /** SHA-256 of the bundle of the run that confirmed the certificate. */
  readonly evidence: string;
  /** How many of the certificate's requirements the later run tested again; `null` for the certificate's own run. */
  readonly requirements: number | null;
  readonly of: number;
}

function lastConfirmedBy(statement: Statement, confirmation: Confirmation | null): LastConfirmed {
  const { run_finished_at, target } = readClaims(statement);
  const { passedTests, warnedTests } = statement.predicate;
  const of = passedTests.length + warnedTests.length;
  return confirmation
    ? {
        at: confirmation.confirmed_at,
        target: confirmation.target,
        evidence: confirmation.evidence,
        requirements: confirmation.requirements.length,
        of,
      }
    : { at: run_finished_at, target, evidence: statement.subject[0].digest.sha256, requirements: null, of };
}

const describeLastConfirmed = ({ at, target, requirements, of }: LastConfirmed): string =>
  requirements === null
    ? `Last confirmed at ${at}, by the run from which the certificate was issued.`
    : `Last confirmed at ${at}, by a later run against ${target}: ${requirements} of ${of} requirements were tested again and are met.`;

async function run(file: string, flags: VerifyFlags, context: CliContext): Promise<void> {
  const options = {
    publicKey: await readPublicKey(context, flags.publicKey),
    nonce: flags.nonce,
    now: dateOf(context.clock),
  };
  const { seenLists, revocations, confirmedWithin } = flags;
  if (seenLists !== undefined && revocations === undefined)
    throw new UsageError("--seen-lists remembers the list of --revocations. Give --revocations too.");
  const maxAgeMs =
    confirmedWithin === undefined ? null : parseDuration("--confirmed-within", confirmedWithin);
  const { statement, certificate, ...verified } = await verifyCertificate(
    await readInput(context, "the certificate", file),
    await readInput(context, "the bundle", flags.bundle),
    options,
  );
  const refusals = [...verified.refusals];
  let list: RevocationList | null = null;
  let lastConfirmed: LastConfirmed | null = null;
  if (statement && certificate !== null) {
    const lookedUp = await lookUpRevocations(context, certificate, flags, options);
    list = lookedUp.list;
    const { refusals: ofConfirmation, confirmation } =
      flags.confirmation === undefined
        ? { refusals: [], confirmation: null }
        : readConfirmation(
            await readInput(context, "the confirmation", flags.confirmation),
            certificate,
            options,
          );
    lastConfirmed = lastConfirmedBy(statement, confirmation);
    refusals.push(...lookedUp.refusals, ...ofConfirmation);
    if (maxAgeMs !== null && options.now.getTime() - Date.parse(lastConfirmed.at) > maxAgeMs) {
      const reason = `the certificate was last confirmed at ${lastConfirmed.at}, more than ${confirmedWithin} ago; ask for a confirmation by a later run`;
      refusals.push({ code: "not_confirmed", reason });
    }
  }
  const isValid = refusals.length === 0;
  if (flags.json) {
    const shown = {
      valid: isValid,
      refusals,
      certificate,
      statement,
      revocations: list && {
        sequence: list.sequence,
        issued_at: list.issued_at,
        next_update: list.next_update,
      },
      last_confirmed: lastConfirmed,
    };
    context.stdout.write(`${stringifyPrintable(shown, 2)}\n`);
  } else if (isValid && statement && lastConfirmed) {
    const {
      target,
      profiles,
      contract_version,
      expires_at,
      not_judged,
      endpoints,
      run_finished_at,
      trigger,
      through,
    } = toPrintable(readClaims(statement));
    const names = profiles.map(({ name }) => name).join(", ");
    const lines = [
      `VALID  ${target} is certified for ${names} of the vendor cloud contract ${contract_version}, until ${expires_at}.`,
      ...(verified.vendor === null
        ? []
        : [`The vendor calls itself ${toPrintable(verified.vendor)}. The run ended at ${run_finished_at}.`]),
      `The signature is valid, and grading the evidence again confirms the certificate. ${not_judged.length} requirements were not tested.`,
      ...(endpoints === undefined ? [] : [`The webhook endpoints were ${endpoints}.`]),
      ...(through === undefined
        ? []
        : [
            `The vendor was tested through the profile ${through.profile} (${through.digest}), which meets ${through.met_by_profile.length} of the requirements for it.`,
          ]),
      ...(trigger === null ? [] : [`Trigger: ${describeTrigger(trigger)}.`]),
      toPrintable(describeLastConfirmed(lastConfirmed)),
      list
        ? `Not revoked, according to list ${list.sequence} of ${list.issued_at}.`
        : "Revocation was not checked; see --revocations.",
      `Certificate id: ${certificate}`,
    ];
    context.stdout.write(`${lines.join("\n")}\n`);
  } else {
    for (const { code, reason } of toPrintable(refusals)) {
      context.stdout.write(`REFUSED (${code})  ${reason}.\n`);
    }
  }
  context.exitCode = isValid ? exitCodeOf.certified : exitCodeOf.not_conformant;
}

/** Creates `verify`, which verifies a certificate. */
export const verifyCommand = (context: CliContext) =>
  addSettings(
    new Command("verify")
      .description(
        "Verify a certificate: check its signature, expiry, challenge and digest, then grade its bundle again. The command works offline, unless --revocations is a URL.",
      )
      .argument("<certificate>", "certificate, written by `certify`")
      .requiredOption("--bundle <file>", "evidence bundle of the certificate")
      .requiredOption("--public-key <file>", "trusted public key in PEM")
      .option("--nonce <text>", "challenge that you gave the vendor")
      .option("--revocations <file>", "revocation list, written by `revoke`: a file, or the URL of one")
      .option(
        "--seen-lists <file>",
        "file that stores which revocation list is the newest; an older list is refused",
      )
      .option("--confirmation <file>", "confirmation by a later run, written by `confirm`")
      .option("--confirmed-within <time>", "how long ago the last confirmation may be, such as 30d")
      .option("--json", "print JSON", false),
    proxySettings,
  )
    .addHelpText(
      "after",
      "\n`verify` refuses the certificate if the revocation list is missing, out of date or signed with another key.\n\nExit codes: 0 valid · 1 refused · 2 usage error",
    )
    .action((file: string, flags: VerifyFlags) => run(file, flags, context));
