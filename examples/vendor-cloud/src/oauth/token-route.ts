import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type Credential, credentialOf, digest, type FindCredential, type Tenant } from "../credentials.ts";

/** A registered OAuth 2 client. */
export interface OauthClient extends Tenant {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The response of the token endpoint (RFC 6749, section 5.1). */
interface IssuedToken {
  readonly access_token: string;
  readonly token_type: "Bearer";
  /** In seconds. */
  readonly expires_in: number;
}

/** The dependencies of the token endpoint. */
interface AccessTokenOptions {
  readonly clients: readonly OauthClient[];
  readonly lifetimeSeconds: number;
  readonly now: () => Date;
}

/** The valid access tokens and their clients. */
interface AccessTokens {
  /** Whether any client is registered. */
  readonly areIssued: boolean;
  /** @returns `undefined` if the client is unknown or the secret is wrong */
  issue(clientId: string, clientSecret: string): IssuedToken | undefined;
  readonly find: FindCredential;
}

/** Keeps access tokens in memory: after a restart, clients request new ones. */
export function createAccessTokens({ clients, lifetimeSeconds, now }: AccessTokenOptions): AccessTokens {
  // A credential belongs to the client, so a client's next token can use the endpoints and cursors of its
  // previous token.
  const byLogin = new Map(
    clients.map(({ clientId, clientSecret, ...tenant }): [string, Credential] => [
      digest(JSON.stringify([clientId, clientSecret])),
      credentialOf(digest(JSON.stringify(["client", clientId])), tenant),
    ]),
  );
  const issued = new Map<string, { readonly credential: Credential; readonly expiresAt: number }>();
  return {
    areIssued: clients.length > 0,
    issue(clientId, clientSecret) {
      const credential = byLogin.get(digest(JSON.stringify([clientId, clientSecret])));
      if (credential === undefined) return undefined;
      const at = now().getTime();
      for (const [token, { expiresAt }] of issued) if (expiresAt <= at) issued.delete(token);
      const token = randomBytes(32).toString("base64url");
      issued.set(digest(token), { credential, expiresAt: at + lifetimeSeconds * 1000 });
      return { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds };
    },
    find(bearer) {
      const token = issued.get(digest(bearer));
      return token !== undefined && now().getTime() < token.expiresAt ? token.credential : undefined;
    },
  };
}

/** The path of the token endpoint. */
export const TOKEN_PATH = "/oauth/token";

const FORM = "application/x-www-form-urlencoded";

/** The error codes of RFC 6749, section 5.2, with status and description. */
const ERRORS = {
  invalid_client: [401, "Send client id and secret by HTTP Basic, both form-encoded."],
  invalid_request: [400, "Send grant_type=client_credentials as a form."],
  unsupported_grant_type: [400, "Send grant_type=client_credentials."],
} as const;

function refuse(reply: FastifyReply, error: keyof typeof ERRORS): FastifyReply {
  const [status, error_description] = ERRORS[error];
  if (status === 401) reply.header("www-authenticate", 'Basic realm="oauth"');
  return reply.code(status).send({ error, error_description });
}

/** Decodes a form-encoded part of HTTP Basic credentials. */
const decodePart = (part: string): string => new URLSearchParams(`part=${part}`).get("part") ?? "";

/** Parses client id and secret; returns `null` if the header has none. */
function loginIn(authorization = ""): readonly [clientId: string, clientSecret: string] | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1] ?? "";
  const [, id, secret] = /^([^:]*):([^:]*)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  return id === undefined || secret === undefined ? null : [decodePart(id), decodePart(secret)];
}

/** Serves the token endpoint to registered clients. @see spec/1.0/contract.md#oauth-2 */
export function tokenRoute(cloud: FastifyInstance, tokens: AccessTokens, path: string): void {
  cloud.register(async (scope) => {
    scope.addContentTypeParser(FORM, { parseAs: "string" }, (_request, text, done) =>
      done(null, new URLSearchParams(String(text))),
    );
    scope.setErrorHandler((_error, _request, reply) => refuse(reply, "invalid_request"));
    scope.post(path, async ({ headers, body }, reply) => {
      reply.header("cache-control", "no-store");
      const grant = body instanceof URLSearchParams ? body.get("grant_type") : null;
      if (grant === null) return refuse(reply, "invalid_request");
      if (grant !== "client_credentials") return refuse(reply, "unsupported_grant_type");
      const login = loginIn(headers.authorization);
      const issued = login === null ? undefined : tokens.issue(...login);
      return issued ?? refuse(reply, "invalid_client");
    });
  });
}
