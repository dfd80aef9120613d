import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problem.ts";
import type { Role, TokenRow, TokenStore } from "../store/store.ts";

const TOKEN_BYTES = 32;

const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A token that was just created. Its value is not stored. */
export interface CreatedToken {
  readonly row: TokenRow;
  readonly token: string;
}

/** Creates a token. Only its hash is stored, so a lost token cannot be recovered. */
export async function createToken(tokens: TokenStore, name: string, role: Role): Promise<CreatedToken> {
  const token = `cvt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  const row = {
    tokenId: `tok_${randomUUID()}`,
    name,
    role,
    hash: hashToken(token),
    createdAt: new Date().toISOString(),
  };
  await tokens.add(row);
  return { row, token };
}

/**
 * Creates a function that checks a request's token.
 *
 * @param adminToken the token from the server's settings; it has the role `admin`
 */
export function createTokenCheck(
  tokens: TokenStore,
  adminToken: string,
): (request: FastifyRequest, role: Role) => Promise<void> {
  const expected = hashToken(adminToken);
  return async ({ headers }, role) => {
    const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    const hash = sent === undefined ? undefined : hashToken(sent);
    // Both hashes have the same length, so the time of the comparison reveals nothing about the token.
    if (hash && timingSafeEqual(hash, expected)) return;
    const held = hash && (await tokens.find(hash));
    if (!held) {
      throw new ProblemError(
        401,
        "unauthorized",
        "Send `Authorization: Bearer <token>` with a valid token. The server's log names the file that contains the admin token.",
      );
    }
    if (role === "admin" && held.role !== "admin") {
      throw new ProblemError(403, "forbidden", "This token is read-only. Use a token with the admin role.");
    }
  };
}
