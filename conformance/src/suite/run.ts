import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares, deliveredTypes } from "../evidence/manifest.ts";
import { type JsonObject, objectOf } from "../evidence/read.ts";
import { type Credentials, secretsAmong, variablesOf } from "../harness/credentials.ts";
import { type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createTriggerCommand } from "../harness/trigger-command.ts";
import { prerequisitesIn } from "../registry/prerequisites.ts";
import { claimedProfiles, type Profile } from "../registry/profiles.ts";
import { type AccessTokens, accessTokens, tokenUrl } from "../scenarios/access-tokens.ts";
import { scenarios as allScenarios } from "../scenarios/index.ts";
import type { Drive, Undo } from "../scenarios/scenario.ts";
import { collect, scenariosFor } from "./collect.ts";
import { grade, isReached, manifestIn, type Run } from "./grade.ts";
import { planFor } from "./plan.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface RunOptions {
  /** The vendor's base URL. */
  readonly target: URL;
  /** What takes one that is not among them is not judged. */
  readonly credentials: Credentials;
  /** What to certify; by default all that the manifest claims. */
  readonly profiles?: readonly Profile[];
  /** Judge these requirements only; such a run certifies nothing. */
  readonly only?: readonly string[];
  readonly receiver?: ReceiverOptions;
  /** A command that changes a device, for a vendor without sandbox control. */
  readonly triggerCommand?: string;
  /** How many devices change at once, where the inventory has so many. Default: 500. */
  readonly burst?: number;
  readonly signal: AbortSignal;
  readonly progress?: (message: string) => void;
  /** The checks to judge with; the mutant matrix leaves one out to show that it is missed. */
  readonly checks?: typeof allChecks;
}

/** How long the clean-up at the vendor may take, all of it. */
const CLEAN_UP_SECONDS = 5;

/** What the manifest claims, and what single requirements that are asked for are part of. */
function profilesFor({ parts }: EvidenceRecord, only: readonly string[] = []): readonly Profile[] {
  const manifest = parts.discovery?.manifest;
  const offers = (capability: string) => manifest !== undefined && declares(objectOf(manifest), capability);
  const declared = {
    webhooks: offers("webhooks"),
    backfill: offers("backfill"),
    eventTypes: manifest === undefined ? [] : deliveredTypes(manifest),
  };
  return claimedProfiles(declared, only);
}

/** What the run's calls carry: the API key, or else access tokens. */
function callerOf({ apiKey, client }: Credentials, url: () => URL): AccessTokens {
  return apiKey === undefined ? accessTokens(client, url) : { bearer: apiKey, issued: [] };
}

/**
 * Certifies a vendor's cloud, or finds out what is wrong with it: drive, record, then judge.
 *
 * @returns the run without secrets, also when it was interrupted; a vendor's defects never throw
 */
export async function runSuite(options: RunOptions): Promise<Run> {
  const { target, credentials, only, signal } = options;
  const { burst = 500, progress = () => {}, checks = allChecks } = options;
  const given = prerequisitesIn(credentials);
  const startedAt = new Date();
  const undos: Undo[] = [];
  let manifest: JsonObject | null = null;
  const { bearer: credential, issued } = callerOf(credentials, () => tokenUrl(manifest));
  const receiver = await startReceiver(options.receiver ?? {});
  const commandLine = options.triggerCommand;
  const drive: Drive = {
    target,
    recorder: createRecorder({ credential, names: variablesOf(credentials), signal }),
    credentials,
    receiver,
    triggerCommand: commandLine === undefined ? null : createTriggerCommand({ commandLine, signal }),
    burst,
    signal,
    progress,
    afterwards: (undo) => undos.push(undo),
  };
  try {
    const discovered = await collect(scenariosFor(["discovery"], allScenarios), drive);
    manifest = manifestIn(discovered);
    const profiles = options.profiles ?? profilesFor(discovered, only);
    const plan = planFor(profiles, only, manifest, given);
    const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
    const needed = wanted.flatMap(({ needs }) => needs);
    const record = isReached(discovered)
      ? await collect(scenariosFor(needed, allScenarios), drive, discovered)
      : discovered;
    const recorded = {
      target,
      profiles,
      given,
      only: only ?? null,
      interrupted: signal.aborted,
      baselined: false,
      startedAt,
      finishedAt: new Date(),
      record,
      standIns: [],
    };
    const secrets = [...secretsAmong(credentials), ...issued];
    return await withoutSecrets(await grade(recorded, checks), secrets, checks);
  } finally {
    // Also after Ctrl-C: the run's own signal may be aborted, and the vendor should not be left as it is.
    const recorder = createRecorder({ credential, signal: AbortSignal.timeout(CLEAN_UP_SECONDS * 1000) });
    await Promise.allSettled(undos.map((undo) => undo(recorder)));
    await receiver.close();
  }
}
