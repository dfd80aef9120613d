import { randomBytes } from "node:crypto";
import { type ConsumerKey, TokenError, verifyConsumerToken } from "@convergint/tokens/verify";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type Credential, credentialOf, digest, type Tenant } from "../credentials.ts";
import { TOKEN_TERMS } from "../signed-tokens.ts";

/** How clients log in at the token endpoint. */
export type TokenMethod = "client_secret_basic" | "private_key_jwt";

/** A registered OAuth 2 client. It has a secret, or public keys with which its assertions are verified, or both. */
export interface OauthClient extends Tenant {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly keys?: readonly ConsumerKey[];
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
  /** The ways in which any client can log in. */
  readonly methods: readonly TokenMethod[];
  /** @returns `undefined` if the client is unknown or the secret is wrong */
  issue(clientId: string, clientSecret: string): IssuedToken | undefined;
  /**
   * Issues a token for an assertion (RFC 7523, section 3).
   *
   * @param audience the URL of the token endpoint
   * @returns `undefined` if the client is unknown or the assertion is wrong
   */
  issueFor(clientId: string, assertion: string, audience: string): Promise<IssuedToken | undefined>;
  readonly find: (bearer: string) => Credential | undefined;
}

/** What assertions must be like, apart from their parties. @see spec/1.0/contract.md#oauth-2 */
const ASSERTION_TERMS = { algorithms: TOKEN_TERMS.algorithms, maxLifetimeSeconds: 300 } as const;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Keeps access tokens in memory: after a restart, clients request new ones. */
export function createAccessTokens({ clients, lifetimeSeconds, now }: AccessTokenOptions): AccessTokens {
  // A credential belongs to the client, so a client's next token can use the endpoints and cursors of its
  // previous token.
  const known = clients.map(({ clientId, clientSecret, keys = [], ...tenant }) => ({
    clientId,
    keys,
    login: clientSecret === undefined ? null : digest(JSON.stringify([clientId, clientSecret])),
    credential: credentialOf(digest(JSON.stringify(["client", clientId])), tenant),
  }));
  const methods: TokenMethod[] = [
    ...(known.some(({ login }) => login !== null) ? (["client_secret_basic"] as const) : []),
    ...(known.some(({ keys }) => keys.length > 0) ? (["private_key_jwt"] as const) : []),
  ];
  const issued = new Map<string, { readonly credential: Credential; readonly expiresAt: number }>();
  function issueTo(credential: Credential): IssuedToken {
    const at = now().getTime();
    for (const [token, { expiresAt }] of issued) if (expiresAt <= at) issued.delete(token);
    const token = randomBytes(32).toString("base64url");
    issued.set(digest(token), { credential, expiresAt: at + lifetimeSeconds * 1000 });
    return { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds };
  }
  return {
    areIssued: clients.length > 0,
    methods,
    issue(clientId, clientSecret) {
      const login = digest(JSON.stringify([clientId, clientSecret]));
      const client = known.find((each) => each.login === login);
      return client && issueTo(client.credential);
    },
    async issueFor(clientId, assertion, audience) {
      const client = known.find((each) => each.clientId === clientId);
      if (client === undefined || client.keys.length === 0) return undefined;
      const terms = { ...ASSERTION_TERMS, keys: client.keys, issuer: clientId, audience };
      try {
        const { claims } = await verifyConsumerToken(assertion, { ...terms, now: () => now().getTime() });
        return claims["sub"] === clientId ? issueTo(client.credential) : undefined;
      } catch (error) {
        if (error instanceof TokenError) return undefined;
        throw error;
      }
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
  invalid_client: [
    401,
    "Send client id and secret by HTTP Basic, both form-encoded, or client_id and a valid client_assertion in the form.",
  ],
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
    scope.post(path, async ({ headers, body, protocol, host }, reply) => {
      reply.header("cache-control", "no-store");
      const grant = body instanceof URLSearchParams ? body.get("grant_type") : null;
      if (grant === null) return refuse(reply, "invalid_request");
      if (grant !== "client_credentials") return refuse(reply, "unsupported_grant_type");
      const login = loginIn(headers.authorization);
      if (login !== null) return tokens.issue(...login) ?? refuse(reply, "invalid_client");
      const form = body as URLSearchParams;
      const [id, type, assertion] = ["client_id", "client_assertion_type", "client_assertion"].map((name) =>
        form.get(name),
      );
      if (!id || type !== ASSERTION_TYPE || !assertion) return refuse(reply, "invalid_client");
      const audience = `${protocol}://${host}${path}`;
      return (await tokens.issueFor(id, assertion, audience)) ?? refuse(reply, "invalid_client");
    });
  });
}
