import { generateKeyPairSync } from "node:crypto";
import { type Campus, PLAIN, type Variation } from "@convergint/example-vendor-cloud";
import { findFreePort } from "@convergint/testing/free-port";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { generateSecret } from "@convergint/webhooks";
import type { checks as allChecks } from "../../src/checks/index.ts";
import type { Clock } from "../../src/harness/clock.ts";
import type { Credentials, OauthClient } from "../../src/harness/credentials.ts";
import type { SigningKey } from "../../src/harness/signed-token.ts";
import { createScriptedPerson, type ScriptedPerson } from "../../src/harness/testing/scripted-person.ts";
import { prerequisites } from "../../src/registry/prerequisites.ts";
import { isVendorProfile, type Profile } from "../../src/registry/profiles.ts";
import { requirements } from "../../src/registry/requirements.ts";
import type { Run } from "../../src/suite/grade.ts";
import { runSuite } from "../../src/suite/run.ts";
import { createMutantVendor, registered } from "../subjects/mutant-vendor.ts";
import type { VendorKeys, VendorMutant } from "../subjects/vendor-mutant.ts";

const KEYS: VendorKeys = {
  apiKey: "mutant-matrix-key",
  secondApiKey: "mutant-matrix-second-key",
  withdrawnApiKey: "mutant-matrix-withdrawn-key",
  productionApiKey: "mutant-matrix-production-key",
};
/** Generates a key. The ids are in the order of the keys. */
const signer = (keyId: string): SigningKey => ({
  key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  algorithm: "RS256",
  keyId,
});
/** The consumers' keys, generated when they are first needed, because that takes a tenth of a second each. */
const signers = new Map<string, SigningKey>();
function signerOf(keyId: string): SigningKey {
  const key = signers.get(keyId) ?? signer(keyId);
  signers.set(keyId, key);
  return key;
}

const CLIENT = { clientId: "mutant-matrix-client", clientSecret: "mutant-matrix-client-secret" };
const SEED = 7;
/**
 * How many devices change at the same time. This number suffices for some events to be lost. The tests of the
 * CLI use 500.
 */
const BURST = 30;

/** The profiles to certify a mutant in: the profile that it breaks, and the baseline that every run includes. */
export function profilesOf({ breaks, profile: own }: VendorMutant): readonly Profile[] {
  if (own !== undefined) return [own].flat();
  const profile = requirements.find(({ id }) => id === breaks)?.profile ?? "";
  return profile !== "inventory" && isVendorProfile(profile) ? [profile] : ["health"];
}

/** Optional parts of the vendor's set-up. */
export interface Setting {
  /** Splits the estate between two tenants and gives the run a key of each. */
  readonly twoTenants?: boolean;
  /**
   * Issues access tokens, which expire within seconds, and gives the run an OAuth client with a secret or with a private
   * key.
   */
  readonly oauth?: "secret" | "key" | undefined;
  /**
   * Registers public keys and gives the run the private keys: in addition to API keys, or as the only way to
   * authenticate.
   */
  readonly tokens?: "too" | "only" | undefined;
  /** How many endpoints are registered by hand. The vendor then has no API for endpoints. Default: 0. */
  readonly byHand?: 0 | 1 | 2;
  /**
   * Watches a vendor without sandbox control for this long, while its devices change by themselves. Needs endpoints that are
   * registered by hand.
   */
  readonly watchHours?: number;
  /** The only requirements to judge. Default: all. */
  readonly only?: readonly string[];
  /** How the vendor differs from the default campus. The contract allows these differences. */
  readonly variation?: Variation;
  /** Selects the estate and the random choices of the run. */
  readonly seed?: number;
  /** Offers no sandbox control, so a scripted person changes the devices. */
  readonly person?: boolean;
}

/**
 * Hides the sandbox in the vendor's manifest.
 *
 * @returns a person who uses the hidden sandbox
 */
function seatPerson({ app }: Campus, clock: Clock, seed: number): ScriptedPerson {
  let controlUrl = "";
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !request.url.includes("/.well-known/")) return payload;
    const { sandbox, ...manifest } = JSON.parse(payload);
    controlUrl = sandbox?.control_url ?? controlUrl;
    return JSON.stringify(manifest);
  });
  const change: Parameters<typeof createScriptedPerson>[1] = async ({ deviceId, status }) => {
    // The person can change devices of both tenants.
    for (const key of [KEYS.apiKey, KEYS.secondApiKey]) {
      const answer = await fetch(`${controlUrl}/devices/${encodeURIComponent(deviceId)}/status`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ status }),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
    }
  };
  return createScriptedPerson(clock, change, { seed });
}

const HOUR_MS = 3_600_000;
/** A short window: a virtual hour costs seconds. */
const WINDOW = { goal: { changes: 20, types: 2 }, saved: null, save: async () => {} };
/**
 * Something happens by itself every few seconds. The first retry comes late enough to show whether its timestamp is fresh.
 */
const RESTLESS = {
  unrestSeconds: 4,
  unrest: [
    ...["status", "status", "status", "event", "event", "event", "event", "heartbeat"],
    ...["rename", "move", "estate", "outage"],
  ],
  retryScheduleSeconds: [6, 60, 600, 3600, 21_600, 86_400],
} as const satisfies Partial<Variation>;
/** One in how many answers of the suite is lost on its way, so that the vendor delivers again. */
const LOST_ANSWERS = 25;

/** Returns the credentials of a run. */
function credentialsFor({
  twoTenants,
  tokens,
  client,
}: Pick<Setting, "twoTenants" | "tokens"> & { readonly client?: OauthClient }): Credentials {
  const { secondApiKey, ...keys } = KEYS;
  const shared = client && { client };
  const signing = tokens && { key: signerOf("key-1"), nextKey: signerOf("key-2") };
  if (signing && tokens === "only")
    return {
      ...signing,
      ...(twoTenants && { secondKey: signerOf("second") }),
      withdrawnKey: signerOf("withdrawn"),
      productionKey: signerOf("production"),
      ...shared,
    };
  return { ...keys, ...(twoTenants && { secondApiKey }), ...signing, ...shared };
}

/** The setting in which a mutant's defect is visible. */
export function settingFor(mutant: VendorMutant | null): Setting {
  const needs = prerequisites.get(mutant?.breaks ?? "")?.needs;
  return {
    twoTenants: needs === "second_credential",
    oauth: needs === "oauth_client" ? "secret" : needs === "client_key" ? "key" : undefined,
    tokens: needs === "private_key" || needs === "next_private_key" ? "too" : undefined,
  };
}

/**
 * Runs the suite against a mutant of the reference vendor, on a virtual clock.
 *
 * An estate of two orgs cannot show both several orgs of one tenant and several tenants, so `twoTenants` is a setting.
 *
 * @param mutant `null` for the vendor without a defect, which is certified in all profiles
 */
export async function certifyVendor(
  mutant: VendorMutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
  setting: Setting = settingFor(mutant),
): Promise<Run> {
  const {
    twoTenants = false,
    oauth,
    tokens,
    byHand = 0,
    watchHours,
    only,
    seed = SEED,
    person = false,
  } = setting;
  const variation =
    watchHours === undefined ? setting.variation : { ...(setting.variation ?? PLAIN), ...RESTLESS };
  const clock = createVirtualClock();
  const client = oauth === "key" ? { clientId: CLIENT.clientId, key: signerOf("client") } : CLIENT;
  const credentials = credentialsFor({ twoTenants, tokens, ...(oauth && { client }) });
  const { key, nextKey, secondKey, productionKey } = credentials;
  // Endpoints that are registered by hand are known before the receiver starts.
  const port = byHand > 0 ? await findFreePort() : 0;
  const registeredByHand = ["first", "second"].slice(0, byHand).map((name) => ({
    url: `http://127.0.0.1:${port}/hooks/${name}`,
    secret: generateSecret(),
  }));
  const vendor = createMutantVendor(mutant, {
    seed,
    keys: tokens === "only" ? null : KEYS,
    ...(key && {
      signers: {
        own: [key, ...(nextKey ? [nextKey] : [])],
        ...(secondKey && { second: secondKey }),
        ...(productionKey && { production: productionKey }),
      },
    }),
    twoTenants,
    oauthClients: oauth
      ? ["key" in client ? { clientId: client.clientId, keys: [registered(client.key)] } : client]
      : [],
    clock,
    handRegistered: registeredByHand,
    ...(watchHours !== undefined && {
      without: ["endpoint-management", "sandbox"],
      losesAnswers: LOST_ANSWERS,
    }),
    ...(variation && { variation }),
  });
  const seated = person ? seatPerson(vendor, clock, seed) : null;
  try {
    const target = new URL(await vendor.listen());
    const profiles = mutant && { profiles: profilesOf(mutant) };
    const options = {
      ...{ target, credentials, ...profiles, burst: BURST, seed, signal, checks, clock },
      ...(seated && { person: seated }),
      ...(byHand > 0 && { registeredByHand, receiver: { port } }),
      ...(watchHours !== undefined && { observe: { ...WINDOW, durationMs: watchHours * HOUR_MS } }),
      ...(only && { only }),
    };
    return await clock.run(() => runSuite(options));
  } finally {
    // A delivery in progress may be waiting for a timer, so the virtual clock has to run.
    await clock.run(() => vendor.close());
  }
}
