import { createHash } from "node:crypto";
import type { OrgId } from "@convergint/schemas";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problem.ts";

/** An API key this cloud has issued. */
export interface ApiKey {
  readonly key: string;
  /** The orgs the key may see. It learns nothing of the others, not even that they exist. */
  readonly orgIds: "all" | readonly OrgId[];
}

/** Who is calling, without the key itself. */
export interface Credential {
  readonly id: string;
  readonly orgIds: ApiKey["orgIds"];
  sees(orgId: OrgId): boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any handler below `/v1` and `/sandbox` runs. */
    credential: Credential;
  }
}

/** Keys are looked up by their digest, so that how long a look-up takes tells nothing of a key. */
const digest = (key: string): string => createHash("sha256").update(key).digest("hex");

/**
 * Makes the hook that lets only known API keys through.
 *
 * @throws {ProblemError} `unauthorized`
 * @see spec/1.0/contract.md#authentication
 */
export function requireCredential(apiKeys: readonly ApiKey[]): (request: FastifyRequest) => Promise<void> {
  const credentials = new Map(
    apiKeys.map(({ key, orgIds }): [string, Credential] => {
      const id = digest(key);
      return [id, { id, orgIds, sees: (orgId) => orgIds === "all" || orgIds.includes(orgId) }];
    }),
  );
  return async (request) => {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const credential = key === undefined ? undefined : credentials.get(digest(key));
    if (credential === undefined)
      throw new ProblemError("unauthorized", "Send `Authorization: Bearer <API key>` with a key we issued.");
    request.credential = credential;
  };
}
