import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problem.ts";
import type { Role, TokenRow, TokenStore } from "../store/token-store.ts";

const TOKEN_BYTES = 32;

const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A token that was just made: the only time it is shown. */
export interface MadeToken {
  readonly row: TokenRow;
  readonly token: string;
}

/** Makes a token. Who loses it makes another: only its hash is kept. */
export async function makeToken(tokens: TokenStore, name: string, role: Role): Promise<MadeToken> {
  const token = `cvt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  const row = {
    tokenId: `tok_${randomUUID()}`,
    name,
    role,
    hash: hashOf(token),
    createdAt: new Date().toISOString(),
  };
  await tokens.add(row);
  return { row, token };
}

/**
 * Makes the check of who may do what.
 *
 * @param adminToken what the server was started with: it is an admin's, whatever the store holds
 */
export function tokenCheck(
  tokens: TokenStore,
  adminToken: string,
): (request: FastifyRequest, role: Role) => Promise<void> {
  const expected = hashOf(adminToken);
  return async ({ headers }, role) => {
    const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    const hash = sent === undefined ? undefined : hashOf(sent);
    // Digests have one length, so comparing them tells nothing of the token.
    if (hash && timingSafeEqual(hash, expected)) return;
    const held = hash && (await tokens.find(hash));
    if (!held) {
      throw new ProblemError(
        401,
        "unauthorized",
        "Send `Authorization: Bearer <token>`; the server's log says where the first one is.",
      );
    }
    if (role === "admin" && held.role !== "admin") {
      throw new ProblemError(403, "forbidden", "This token is read-only. Use a token with the admin role.");
    }
  };
}
