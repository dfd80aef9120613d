import { randomBytes } from "node:crypto";
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
export interface AccessTokenOptions {
  readonly clients: readonly OauthClient[];
  readonly lifetimeSeconds: number;
  readonly now: () => Date;
}

/** The valid access tokens and their clients. */
export interface AccessTokens {
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
