import { createPublicKey, type KeyObject } from "node:crypto";
import type { IncomingMessage } from "node:http";
import {
  type Campus,
  type CampusOptions,
  createCampus,
  createEstate,
  type HandRegisteredEndpoint,
  type OauthClient,
  PLAIN,
  type Send,
  type SignedRequest,
  type SignedTokenTerms,
  type Tenant,
  TOKEN_TERMS,
  type Variation,
} from "@convergint/example-vendor-cloud";
import { sign } from "@convergint/webhooks";
import { type Clock, systemClock } from "../../src/harness/clock.ts";
import type { SigningKey } from "../../src/harness/signed-token.ts";
import {
  type Answer,
  type Outcome,
  type Resign,
  type SeenRequest,
  SUCCESS,
  type VendorKeys,
  type VendorMutant,
} from "./vendor-mutant.ts";

/** Learns the secrets of each endpoint from the vendor's responses, so that changed deliveries can be signed. */
function createResigner(clock: Clock, handRegistered: readonly HandRegisteredEndpoint[]) {
  const urls = new Map<string, string>();
  const secrets = new Map<string, readonly string[]>(
    handRegistered.map(({ url, secret }) => [url, [secret]]),
  );
  const resign: Resign = async (delivery, { body, id, timestamp }) => {
    const text = body === undefined ? delivery.body : JSON.stringify(body);
    const signature = await sign({
      id: id ?? delivery.headers["webhook-id"] ?? "",
      body: text,
      keys: secrets.get(delivery.url) ?? [],
      timestamp: timestamp ?? new Date(clock.now()),
    });
    return { ...delivery, body: text, headers: { ...delivery.headers, ...signature } };
  };
  const learn = (path: string, { status, body }: Answer) => {
    if (path === "/v1/webhook-endpoints" && status === 201) {
      urls.set(body.endpoint_id, body.url);
      secrets.set(body.url, [body.secret]);
    }
    const [, rotated] = /^\/v1\/webhook-endpoints\/(.+)\/rotate-secret$/.exec(path) ?? [];
    const url = urls.get(rotated ?? "");
    if (url !== undefined && status === 200) secrets.set(url, [body.secret, ...(secrets.get(url) ?? [])]);
  };
  return { learn, resign };
}

/** Splits a request's URL without decoding its path. */
function splitUrl(url: string): Pick<SeenRequest, "path" | "query"> {
  const [path = "", search = ""] = url.split(/\?(.*)/s, 2);
  return { path, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The private keys of the consumers that sign their own tokens. */
interface VendorSigners {
  /** The current and the next key of the run's consumer. */
  readonly own: readonly SigningKey[];
  readonly second?: SigningKey;
  readonly production?: SigningKey;
  /** Default: those of the campus, with RS256 as the only algorithm. */
  readonly terms?: SignedTokenTerms;
}

/** Returns a key as the vendor registers it. */
export const registered = ({ key, keyId }: SigningKey) => ({
  publicKey: createPublicKey(key).export({ format: "pem", type: "spki" }).toString(),
  keyId,
});

export interface MutantVendorOptions {
  readonly seed: number;
  /** The API keys; `null` for a vendor without API keys. */
  readonly keys: VendorKeys | null;
  readonly signers?: VendorSigners;
  /** Gives each key its own orgs. Otherwise the first key has all orgs, and the second key does not exist. */
  readonly twoTenants: boolean;
  /** OAuth 2 clients. Their access tokens expire within seconds. */
  readonly oauthClients?: readonly Omit<OauthClient, keyof Tenant>[];
  /** How the vendor differs from the default campus. The contract allows these differences. Default: none. */
  readonly variation?: Variation;
  /** Endpoints that were registered by hand; the vendor then has no API for endpoints. */
  readonly handRegistered?: readonly HandRegisteredEndpoint[];
  /** What the vendor does not have. Default: no API for endpoints if endpoints were registered by hand. */
  readonly without?: CampusOptions["without"];
  /** One in how many answers to a delivery is lost on its way. Default: none. */
  readonly losesAnswers?: number;
  /** Default: the clock of the system. */
  readonly clock?: Clock;
}

/** The keys of a vendor without API keys: no call carries them. */
const NO_KEYS: VendorKeys = {
  apiKey: "none",
  secondApiKey: "none",
  withdrawnApiKey: "none",
  productionApiKey: "none",
};

/**
 * A campus of 105 devices. With more devices, and more of them behind each connector, a run takes twice as
 * long.
 */
const SIZE = { maxBuildings: 1, maxChildren: 2 } as const;

/** What the vendor sees if the answer to a delivery is lost. */
const LOST: Outcome = { kind: "failed", reason: "unreachable", detail: "ECONNRESET" };

/**
 * A token lives long enough to be used shortly before it expires, and short enough for a run to wait for its
 * expiry.
 */
const ACCESS_TOKEN_SECONDS = 4;

/**
 * Creates the reference vendor with a mutant's defect. The defect consists of hooks around the vendor's
 * requests, responses and deliveries, because the vendor itself has no switch for defects.
 *
 * @param mutant `null` for the vendor without a defect
 */
export function createMutantVendor(
  mutant: VendorMutant | null,
  {
    seed,
    keys,
    signers = { own: [] },
    twoTenants,
    oauthClients = [],
    variation = PLAIN,
    handRegistered = [],
    without,
    losesAnswers,
    clock = systemClock,
  }: MutantVendorOptions,
): Campus {
  const { terms = { ...TOKEN_TERMS, algorithms: ["RS256"] } } = signers;
  const tokenKeys = new Map<string, KeyObject>(
    signers.own.map(({ key, keyId = "" }) => [keyId, createPublicKey(key)]),
  );
  const behaviour = mutant?.behaviour({ ...NO_KEYS, ...keys, tokenKeys, terms, clock }) ?? {};
  const { learn, resign } = createResigner(clock, handRegistered);
  let answers = 0;
  const attempt: Send = async (delivery, post) => {
    const outcome = await post(delivery);
    answers += 1;
    return losesAnswers !== undefined && answers % losesAnswers === 0 ? LOST : outcome;
  };
  const send: Send = async (delivery, post) => {
    const changed = behaviour.deliver ? await behaviour.deliver(delivery, resign) : delivery;
    // The vendor must believe that a dropped delivery succeeded, or its retry would undo the defect.
    if (changed === null) return SUCCESS;
    const sending = (request: SignedRequest) => attempt(request, post);
    return behaviour.send ? behaviour.send(changed, sending) : sending(changed);
  };
  const { orgs } = twoTenants ? createEstate(seed, new Date(clock.now()), SIZE, variation) : { orgs: [] };
  const [firstOrg, ...otherOrgs] = orgs.map(({ org_id }) => org_id);
  const first: Tenant = firstOrg === undefined ? { orgIds: "all" } : { orgIds: [firstOrg] };
  const campus = createCampus({
    seed,
    ...SIZE,
    apiKeys: [],
    ...(keys && {
      apiKeys: [
        { key: keys.apiKey, ...first },
        ...(twoTenants ? [{ key: keys.secondApiKey, orgIds: otherOrgs }] : []),
        { key: keys.productionApiKey, ...first, production: true },
      ],
      withdrawnKeys: [keys.withdrawnApiKey],
    }),
    consumers: [
      { name: "own", keys: signers.own.map(registered), ...first },
      ...(signers.second ? [{ name: "second", keys: [registered(signers.second)], orgIds: otherOrgs }] : []),
      ...(signers.production
        ? [{ name: "production", keys: [registered(signers.production)], ...first, production: true }]
        : []),
    ].filter(({ keys: { length } }) => length > 0),
    tokenTerms: terms,
    oauthClients: oauthClients.map((client) => ({ ...client, ...first })),
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
    send,
    handRegistered: handRegistered.map((endpoint) => ({ ...endpoint, ...first })),
    without: without ?? (handRegistered.length > 0 ? ["endpoint-management"] : []),
    variation,
    clock,
    ...mutant?.setUp,
  });

  // Runs before the server's own listener, so that the server authenticates the changed request.
  campus.app.server.prependListener("request", (request: IncomingMessage) => {
    const { url = "/" } = request;
    const seen: SeenRequest = {
      method: request.method ?? "",
      ...splitUrl(url),
      headers: request.headers,
      url,
    };
    const before = JSON.stringify(seen);
    behaviour.receive?.(seen);
    // An unchanged request must reach the vendor as it is: a `URL` would decode it and drop repeated parameters.
    if (JSON.stringify(seen) === before) return;
    const kept = Object.entries(seen.query).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const search = new URLSearchParams(kept).toString();
    request.method = seen.method;
    request.url = seen.path + (search && `?${search}`);
  });
  campus.app.addHook("preHandler", async ({ body, url }) => {
    if (body) behaviour.read?.(body, url.split("?", 1)[0] ?? "");
  });
  campus.app.addHook("onSend", async (request, reply, payload) => {
    const answer: Answer = {
      status: reply.statusCode,
      headers: Object.fromEntries(
        Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
      ),
      body: typeof payload === "string" && payload !== "" ? JSON.parse(payload) : null,
    };
    const { path, query } = splitUrl(request.url);
    const { method, headers, url, body: sent } = request;
    behaviour.answer?.(answer, { method, path, query, headers, url, sent });
    learn(path, answer);
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    reply.code(answer.status);
    const { "content-length": _, ...kept } = answer.headers;
    reply.headers(kept);
    return answer.body === null ? "" : JSON.stringify(answer.body);
  });
  return campus;
}
