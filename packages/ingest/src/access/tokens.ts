import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import type { Role, TokenRow, TokenStore } from "../store/store.ts";

const TOKEN_BYTES = 32;

const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A token that was just created. Its value is not stored. */
export interface CreatedToken {
  readonly row: TokenRow;
  readonly token: string;
}

/** What a token's request may see and do. */
export interface Access {
  readonly role: Role;
  /** The customers whose data the request may read; `null` for all customers. */
  readonly customerIds: readonly string[] | null;
  /** Whether the token is still valid. An answer that takes long must ask again, and end if it is not. */
  isStillValid(): Promise<boolean>;
}

/** Creates a token. Only its hash is stored, so a lost token cannot be recovered. */
export async function createToken(
  tokens: TokenStore,
  asked: Pick<TokenRow, "name" | "role" | "customerIds" | "expiresAt">,
): Promise<CreatedToken> {
  const token = `cvt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  const row = {
    tokenId: `tok_${randomUUID()}`,
    ...asked,
    hash: hashToken(token),
    createdAt: new Date().toISOString(),
  };
  await tokens.add(row);
  return { row, token };
}

const ALL_CUSTOMERS = { customerIds: null, isStillValid: async () => true } as const;

/**
 * Creates a function that checks a request's token, and returns what the token permits.
 *
 * @param adminToken the token from the server's settings; it has the role `admin`
 */
export function createTokenCheck(
  tokens: TokenStore,
  adminToken: string,
  clock: Pick<Clock, "now">,
): (request: FastifyRequest, role: Role) => Promise<Access> {
  const expected = hashToken(adminToken);
  async function find(hash: Uint8Array): Promise<TokenRow | null> {
    const held = await tokens.find(hash);
    return held && (held.expiresAt === null || Date.parse(held.expiresAt) > clock.now()) ? held : null;
  }
  return async ({ headers }, role) => {
    const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    const hash = sent === undefined ? undefined : hashToken(sent);
    // Both hashes have the same length, so the time of the comparison reveals nothing about the token.
    if (hash && timingSafeEqual(hash, expected)) return { role: "admin", ...ALL_CUSTOMERS };
    const held = hash && (await find(hash));
    if (!held) {
      throw new ProblemError(
        401,
        "unauthorized",
        "Send `Authorization: Bearer <token>` with a token that is neither revoked nor expired. The server's log names the file that contains the admin token.",
      );
    }
    if (role === "admin" && held.role !== "admin") {
      throw new ProblemError(403, "forbidden", "This token is read-only. Use a token with the admin role.");
    }
    return {
      role: held.role,
      customerIds: held.customerIds,
      isStillValid: async () => (await find(hash)) !== null,
    };
  };
}

/** Refuses a token that is restricted to customers. @throws {ProblemError} 403 `forbidden` */
export function requireAllCustomers({ customerIds }: Pick<Access, "customerIds">): void {
  if (customerIds === null) return;
  throw new ProblemError(
    403,
    "forbidden",
    "This token is restricted to customers, and this call is not about single customers. Use a token without this restriction.",
  );
}

/**
 * Returns the customers whose data a request may read.
 *
 * @param asked the customer that the request asks for; `undefined` for all
 * @returns `null` for all customers
 * @throws {ProblemError} 403 `forbidden`, whether the customer exists or not
 */
export function selectCustomers(
  { customerIds }: Pick<Access, "customerIds">,
  asked: string | undefined,
): readonly string[] | null {
  if (asked === undefined) return customerIds;
  if (customerIds === null || customerIds.includes(asked)) return [asked];
  throw new ProblemError(
    403,
    "forbidden",
    "This token is restricted to other customers. Leave customer_id out, or send a customer of this token.",
  );
}
