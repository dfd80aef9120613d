/** What a token permits: `admin` permits everything, `read` only reading. */
export type Role = "admin" | "read";

/** An API token. Only its hash is stored. */
export interface TokenRow {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token. The token is random and long, so it needs no salt. */
  readonly hash: Uint8Array;
  readonly createdAt: string;
}

export interface TokenStore {
  all(): Promise<readonly TokenRow[]>;
  find(hash: Uint8Array): Promise<TokenRow | null>;
  add(token: TokenRow): Promise<void>;
  /** @returns whether the token existed */
  remove(tokenId: string): Promise<boolean>;
}
