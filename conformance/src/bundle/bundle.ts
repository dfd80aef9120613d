import { constants } from "node:buffer";
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import { z } from "zod";

import suite from "../../package.json" with { type: "json" };
import { triggerSchema } from "../evidence/trigger-record.ts";
import { prerequisiteNames } from "../registry/prerequisites.ts";
import { profileNames } from "../registry/profiles.ts";
import { CONTRACT_VERSION, requirements } from "../registry/requirements.ts";
import type { Recorded, Run } from "../suite/grade.ts";
import { throughSchema } from "../suite/through.ts";
import { stops } from "../suite/time-budget.ts";
import { canonicalJson, canonicalObject } from "./canonical-json.ts";
import { restoreEvidence, storeEvidence } from "./stored-traffic.ts";

export type BundleErrorCode =
  /** The file is not a bundle of this format. */
  | "not_a_bundle"
  /** The bytes were changed after the bundle was written. */
  | "changed"
  /** The bundle was recorded for a different set of requirements. */
  | "other_requirements";

/** Reports a bundle that cannot be graded; the message says why and what to do. */
export class BundleError extends Error {
  readonly code: BundleErrorCode;
  constructor(code: BundleErrorCode, message: string) {
    super(message);
    this.name = "BundleError";
    this.code = code;
  }
}

const digest = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");
/** The first two bytes of a gzip file. No JSON document starts with them. */
const GZIP_MAGIC = [0x1f, 0x8b];
const hex = z.string().regex(/^[0-9a-f]{64}$/);

const bundleSchema = z.strictObject({
  bundle_version: z.literal("1"),
  // Errors show the version in a command to copy, so it must not be able to add to that command.
  suite: z.strictObject({
    name: z.literal(suite.name, `Only bundles of ${suite.name} can be read.`),
    version: z.string().regex(/^\d+\.\d+\.\d+(?:-[\w.-]{1,64})?$/, "Send a version such as 1.0.0."),
  }),
  contract_version: z.string(),
  /**
   * The suite's requirements when it wrote the bundle: their number, and a digest of their ids, levels and
   * texts.
   */
  requirement_set: z.strictObject({ count: z.int(), sha256: hex }),
  run: z.strictObject({
    target: z.url(),
    profiles: z.array(z.enum(profileNames)),
    given: z.array(z.enum(prerequisiteNames)),
    only: z.array(z.string()).nullable(),
    seed: z.int().nullable(),
    baselined: z.boolean(),
    stopped: z.enum(stops).nullable(),
    /** Absent in bundles of runs that did not stop early, and in bundles of earlier versions. */
    stop_reason: z.string().optional(),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime(),
    /** Absent if no device changed, and in bundles of earlier versions. */
    trigger: triggerSchema.optional(),
    /** Absent if the vendor serves the contract itself. */
    through: throughSchema.optional(),
  }),
  /** How secrets were removed from the evidence. */
  redaction: z.strictObject({
    method: z.literal("placeholders"),
    placeholders: z.array(z.string()),
    /** Signatures are recomputed with the placeholders, because the bundle does not contain the secrets. */
    signatures: z.literal("recomputed with placeholders"),
  }),
  evidence: z.strictObject({
    traffic: z.record(
      z.string(),
      z.custom<never>((value) => typeof value === "object" && value !== null),
    ),
    parts: z.looseObject({}),
    missing: z.record(z.string(), z.string()),
  }),
  verdicts: z.array(z.looseObject({ id: z.string(), verdict: z.string() })),
  /** Digest of all other members, in canonical form. */
  sha256: hex,
});

/** Serializes all verdicts. Equal verdicts always give equal bytes. */
export const serializeVerdicts = ({ results }: Pick<Run, "results">): string =>
  canonicalJson(
    results.map(({ requirement, verdict, cites, failures, judged, reason }) => ({
      id: requirement.id,
      verdict,
      cites,
      failures,
      judged,
      reason,
    })),
  );

const digestRequirements = () => ({
  count: requirements.length,
  sha256: digest(canonicalJson(requirements)),
});

/**
 * Serializes everything that a run recorded. The same run always gives the same bytes.
 *
 * @param run with secrets already removed from its evidence
 */
export function writeBundle(run: Run): string {
  const content = {
    bundle_version: "1",
    suite: { name: suite.name, version: suite.version },
    contract_version: CONTRACT_VERSION,
    requirement_set: digestRequirements(),
    run: {
      target: run.target.href,
      profiles: run.profiles,
      given: run.given,
      only: run.only,
      seed: run.seed,
      baselined: run.baselined,
      stopped: run.stopped,
      ...(run.stopReason !== undefined && { stop_reason: run.stopReason }),
      started_at: run.startedAt.toISOString(),
      finished_at: run.finishedAt.toISOString(),
      ...(run.trigger && { trigger: run.trigger }),
      ...(run.through && { through: run.through }),
    },
    redaction: {
      method: "placeholders",
      placeholders: run.placeholders.toSorted(),
      signatures: "recomputed with placeholders",
    },
    evidence: storeEvidence(run.record),
    verdicts: JSON.parse(serializeVerdicts(run)) as unknown,
  };
  // Serialized once, because the evidence of a large inventory has hundreds of megabytes.
  const members = new Map(Object.entries(content).map(([name, value]) => [name, canonicalJson(value)]));
  members.set("sha256", canonicalJson(digest(canonicalObject(members))));
  return `${canonicalObject(members)}\n`;
}

/**
 * Encodes a bundle for a file: compressed with gzip, a tenth of its size, if the name ends in `.gz`.
 *
 * @param text written by {@link writeBundle}
 */
export const encodeBundle = (file: string, text: string): string | Buffer =>
  file.endsWith(".gz") ? gzipSync(text) : text;

/** Decodes the bytes of a file, which may be compressed. @throws {BundleError} */
function decodeBundle(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: constants.MAX_STRING_LENGTH });
  } catch (error) {
    throw new BundleError("not_a_bundle", `The bundle cannot be decompressed: ${(error as Error).message}.`);
  }
}

/** A parsed bundle, with everything that its verdicts depend on. */
export interface Bundle {
  readonly recorded: Recorded;
  /** The verdicts of the run, for comparison; see {@link serializeVerdicts}. */
  readonly verdicts: string;
  /** SHA-256 of the file, decompressed, in hex: the subject of a certificate. */
  readonly sha256: string;
  readonly suite: { readonly name: string; readonly version: string };
  readonly contractVersion: string;
  readonly requirementSet: { readonly count: number; readonly sha256: string };
}

/**
 * Parses and checks a bundle.
 *
 * @param file the bytes of its file, compressed or not
 * @param requirementSet whether the bundle must have the requirements of this version (which grading needs)
 * or may have any
 * @throws {BundleError} if the bytes are not a bundle or were changed
 */
export function readBundle(
  file: Uint8Array,
  { requirementSet = "same" }: { readonly requirementSet?: "same" | "any" } = {},
): Bundle {
  const bytes = decodeBundle(file);
  const text = Buffer.from(bytes).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BundleError("not_a_bundle", `The bundle is not JSON: ${(error as Error).message}.`);
  }
  const parsed = bundleSchema.safeParse(value);
  if (!parsed.success) {
    const found = describeFieldErrors(fieldErrors(parsed.error), 1);
    throw new BundleError(
      "not_a_bundle",
      `The file is not an evidence bundle of version 1, which \`run --bundle\` writes. At ${found}`,
    );
  }
  const { sha256, ...content } = parsed.data;
  let isAsWritten: boolean;
  try {
    isAsWritten = Buffer.from(`${canonicalJson(value)}\n`).equals(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BundleError("not_a_bundle", `The file is not an evidence bundle: ${error.message}`);
  }
  if (!isAsWritten || digest(canonicalJson(content)) !== sha256) {
    throw new BundleError(
      "changed",
      "The digest of the bundle does not match, so the bundle was changed after it was written. Use the original file.",
    );
  }
  if (requirementSet === "same" && content.requirement_set.sha256 !== digestRequirements().sha256) {
    throw new BundleError(
      "other_requirements",
      `The bundle was recorded by version ${content.suite.version}, whose requirements differ from those of this version. ` +
        `Run the version that recorded the bundle: npx ${suite.name}@${content.suite.version} regrade …`,
    );
  }
  const { run, evidence, redaction } = content;
  try {
    return {
      recorded: {
        target: new URL(run.target),
        profiles: run.profiles,
        given: run.given,
        only: run.only,
        seed: run.seed,
        baselined: run.baselined,
        stopped: run.stopped,
        ...(run.stop_reason !== undefined && { stopReason: run.stop_reason }),
        startedAt: new Date(run.started_at),
        finishedAt: new Date(run.finished_at),
        ...(run.trigger && { trigger: run.trigger }),
        ...(run.through && { through: run.through }),
        record: restoreEvidence(evidence),
        placeholders: redaction.placeholders,
      },
      verdicts: canonicalJson(content.verdicts),
      sha256: digest(bytes),
      suite: content.suite,
      contractVersion: content.contract_version,
      requirementSet: content.requirement_set,
    };
  } catch (error) {
    throw new BundleError("not_a_bundle", `The bundle is incomplete: ${(error as Error).message}.`);
  }
}
