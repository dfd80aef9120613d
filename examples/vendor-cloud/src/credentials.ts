import { createHash } from "node:crypto";
import type { OrgId } from "@convergint/schemas";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problem.ts";

/** The holder of a credential. */
export interface Tenant {
  /** The orgs that the credential may see. Other orgs do not exist for the credential. */
  readonly orgIds: "all" | readonly OrgId[];
  /** A production tenant, which cannot use sandbox control. Default: false. */
  readonly production?: boolean;
}

/** An API key that this cloud issued. */
export interface ApiKey extends Tenant {
  readonly key: string;
}

/** The caller, without its key. */
export interface Credential {
  readonly id: string;
  readonly orgIds: Tenant["orgIds"];
  readonly isProduction: boolean;
  sees(orgId: OrgId): boolean;
}

/** Looks up the holder of a bearer token. */
export type FindCredential = (bearer: string) => Credential | undefined | Promise<Credential | undefined>;

declare module "fastify" {
  interface FastifyRequest {
    /** The caller. It is set before any handler below `/v1` and `/sandbox` runs. */
    credential: Credential;
  }
}

/** Secrets are looked up by digest, so that the duration of a lookup reveals nothing about them. */
export const digest = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Creates a credential. @param id stays the same for the lifetime of the credential */
export const credentialOf = (id: string, { orgIds, production = false }: Tenant): Credential => ({
  id,
  orgIds,
  isProduction: production,
  sees: (orgId) => orgIds === "all" || orgIds.includes(orgId),
});

/** Looks up API keys. */
export function keyHolders(apiKeys: readonly ApiKey[]): (bearer: string) => Credential | undefined {
  const credentials = new Map(
    apiKeys.map(({ key, ...tenant }): [string, Credential] => [
      digest(key),
      credentialOf(digest(key), tenant),
    ]),
  );
  return (bearer) => credentials.get(digest(bearer));
}

/**
 * Creates a hook that rejects unauthenticated requests.
 *
 * @param holders lookups to try in turn
 * @param withdrawnKeys revoked keys; the refusal says that the key was revoked
 * @throws {ProblemError} `unauthorized`
 * @see spec/1.0/contract.md#authentication
 */
export function requireCredential(
  holders: readonly FindCredential[],
  withdrawnKeys: readonly string[],
): (request: FastifyRequest) => Promise<void> {
  const withdrawn = new Set(withdrawnKeys.map(digest));
  return async (request) => {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer !== undefined && withdrawn.has(digest(bearer)))
      throw new ProblemError("unauthorized", "This key was revoked; send its replacement.");
    for (const find of holders) {
      const credential = bearer === undefined ? undefined : await find(bearer);
      if (credential === undefined) continue;
      request.credential = credential;
      return;
    }
    throw new ProblemError(
      "unauthorized",
      "Send `Authorization: Bearer …` with a valid API key, access token or signed token.",
    );
  };
}

/**
 * Rejects production tenants.
 *
 * @throws {ProblemError} `forbidden`
 * @see spec/1.0/contract.md#sbx-004
 */
export async function requireSandboxTenant({ credential }: FastifyRequest): Promise<void> {
  if (credential.isProduction)
    throw new ProblemError("forbidden", "This is a production key; use a sandbox key for sandbox control.");
}
