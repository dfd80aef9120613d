import { createHash } from "node:crypto";
import type { OrgId } from "@convergint/schemas";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problem.ts";

/** Whom a credential was issued to. */
export interface Tenant {
  /** The orgs it may see. It learns nothing of the others, not even that they exist. */
  readonly orgIds: "all" | readonly OrgId[];
  /** A tenant of production: sandbox control is closed to it. Default: a sandbox's. */
  readonly production?: boolean;
}

/** An API key this cloud has issued. */
export interface ApiKey extends Tenant {
  readonly key: string;
}

/** Who is calling, without the key itself. */
export interface Credential {
  readonly id: string;
  readonly orgIds: Tenant["orgIds"];
  readonly isProduction: boolean;
  sees(orgId: OrgId): boolean;
}

/** Finds whose a bearer token is, among those of one kind. */
export type FindCredential = (bearer: string) => Credential | undefined;

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any handler below `/v1` and `/sandbox` runs. */
    credential: Credential;
  }
}

/** Secrets are looked up by their digest, so that how long a look-up takes tells nothing of them. */
export const digest = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** What a tenant's calls are known by. @param id stays the same as long as the credential does */
export const credentialOf = (id: string, { orgIds, production = false }: Tenant): Credential => ({
  id,
  orgIds,
  isProduction: production,
  sees: (orgId) => orgIds === "all" || orgIds.includes(orgId),
});

/** Finds whose an API key is. */
export function keyHolders(apiKeys: readonly ApiKey[]): FindCredential {
  const credentials = new Map(
    apiKeys.map(({ key, ...tenant }): [string, Credential] => [
      digest(key),
      credentialOf(digest(key), tenant),
    ]),
  );
  return (bearer) => credentials.get(digest(bearer));
}

/**
 * Makes the hook that lets only known callers through.
 *
 * @param holders asked in turn whose the token is
 * @param withdrawnKeys keys that were issued once: their callers are told so
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
      throw new ProblemError("unauthorized", "This key was withdrawn; send the one that replaced it.");
    const [credential] = holders.flatMap((find) => (bearer === undefined ? [] : (find(bearer) ?? [])));
    if (credential === undefined)
      throw new ProblemError(
        "unauthorized",
        "Send `Authorization: Bearer …` with a key we issued, or with an access token that has not expired.",
      );
    request.credential = credential;
  };
}

/**
 * Lets a sandbox's tenants through, and nobody else.
 *
 * @throws {ProblemError} `forbidden`
 * @see spec/1.0/contract.md#sbx-004
 */
export async function requireSandboxTenant({ credential }: FastifyRequest): Promise<void> {
  if (credential.isProduction)
    throw new ProblemError("forbidden", "Play devices with a sandbox's key: this one is of production.");
}
