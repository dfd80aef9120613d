import { randomBytes } from "node:crypto";
import { type Credential, credentialOf, digest, type FindCredential, type Tenant } from "../credentials.ts";

/** An OAuth 2 client this cloud has registered. */
export interface OauthClient extends Tenant {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a client is given (RFC 6749, section 5.1). */
export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: "Bearer";
  /** In seconds. */
  readonly expires_in: number;
}

/** What the token endpoint stands on. */
export interface AccessTokenOptions {
  readonly clients: readonly OauthClient[];
  readonly lifetimeSeconds: number;
  readonly now: () => Date;
}

/** The access tokens that are good, each the client's whom it was issued to. */
export interface AccessTokens {
  /** Whether there is anybody to issue one to. */
  readonly areIssued: boolean;
  /** @returns `undefined` where the client is unknown or its secret another */
  issue(clientId: string, clientSecret: string): IssuedToken | undefined;
  readonly find: FindCredential;
}

/** Keeps access tokens in memory: a client whose token is gone with the process asks for another. */
export function createAccessTokens({ clients, lifetimeSeconds, now }: AccessTokenOptions): AccessTokens {
  // The credential is the client, so what one token has begun the next goes on with.
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
