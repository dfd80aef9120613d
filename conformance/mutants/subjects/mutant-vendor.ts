import type { IncomingMessage } from "node:http";
import {
  type Campus,
  createCampus,
  createEstate,
  type Send,
  type Tenant,
} from "@convergint/example-vendor-cloud";
import { sign } from "@convergint/webhooks";
import type { OauthClient } from "../../src/harness/credentials.ts";
import {
  type Answer,
  type Resign,
  type SeenRequest,
  TAKEN,
  type VendorKeys,
  type VendorMutant,
} from "./vendor-mutant.ts";

/** Remembers the secrets that were answered for each destination, so that changed deliveries can be signed. */
function signer() {
  const urls = new Map<string, string>();
  const secrets = new Map<string, readonly string[]>();
  const resign: Resign = async (delivery, { body, id, timestamp }) => {
    const text = body === undefined ? delivery.body : JSON.stringify(body);
    const signature = await sign({
      id: id ?? delivery.headers["webhook-id"] ?? "",
      body: text,
      keys: secrets.get(delivery.url) ?? [],
      ...(timestamp ? { timestamp } : {}),
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

export interface MutantVendorOptions {
  readonly seed: number;
  readonly keys: VendorKeys;
  /** Whether each key sees an org of its own, instead of the first one all and the second nothing. */
  readonly twoTenants: boolean;
  /** OAuth 2 clients, whose access tokens are good for seconds. */
  readonly oauthClients?: readonly OauthClient[];
}

/** Long enough to see a token work near its end, and short enough to wait for that. */
const ACCESS_TOKEN_SECONDS = 4;

/**
 * Sets up the reference vendor with a mutant's defect. The vendor itself knows nothing of it: the defect sits in
 * hooks around its requests and answers, and around what it sends.
 *
 * @param mutant `null` for the vendor as it is: the control of every experiment
 */
export function mutantVendor(
  mutant: VendorMutant | null,
  { seed, keys, twoTenants, oauthClients = [] }: MutantVendorOptions,
): Campus {
  const behaviour = mutant?.behaviour(keys) ?? {};
  const { learn, resign } = signer();
  const send: Send = async (delivery, post) => {
    const changed = behaviour.deliver ? await behaviour.deliver(delivery, resign) : delivery;
    // A lost delivery looks delivered to the vendor; otherwise its retry would mend the defect.
    if (changed === null) return TAKEN;
    return behaviour.send ? behaviour.send(changed, post) : post(changed);
  };
  const [firstOrg, ...otherOrgs] = createEstate(seed, new Date()).orgs.map(({ org_id }) => org_id);
  const first: Tenant = twoTenants && firstOrg !== undefined ? { orgIds: [firstOrg] } : { orgIds: "all" };
  const campus = createCampus({
    seed,
    mostBuildings: 1,
    apiKeys: [
      { key: keys.apiKey, ...first },
      ...(twoTenants ? [{ key: keys.secondApiKey, orgIds: otherOrgs }] : []),
      { key: keys.productionApiKey, ...first, production: true },
    ],
    withdrawnKeys: [keys.withdrawnApiKey],
    oauthClients: oauthClients.map((client) => ({ ...client, ...first })),
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
    send,
    ...mutant?.setUp,
  });

  // Ahead of the server itself, so that not even its authentication sees what came.
  campus.app.server.prependListener("request", (request: IncomingMessage) => {
    const url = new URL(request.url ?? "/", "http://vendor");
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
    };
    behaviour.receive?.(seen);
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
    const path = request.url.split("?", 1)[0] ?? "";
    behaviour.answer?.(answer, {
      method: request.method,
      path,
      query: Object.fromEntries(new URL(request.url, "http://vendor").searchParams),
      headers: request.headers,
    });
    learn(path, answer);
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    reply.code(answer.status);
    const { "content-length": _, ...headers } = answer.headers;
    reply.headers(headers);
    return answer.body === null ? "" : JSON.stringify(answer.body);
  });
  return campus;
}
