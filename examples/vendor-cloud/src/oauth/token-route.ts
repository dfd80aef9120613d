import type { FastifyInstance, FastifyReply } from "fastify";
import type { AccessTokens } from "./access-tokens.ts";

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
