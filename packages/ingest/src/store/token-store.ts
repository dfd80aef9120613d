/** What a token lets its holder do: `admin` everything, `read` look. */
export type Role = "admin" | "read";

/** A token of the API. Only its hash is kept. */
export interface TokenRow {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, which is random and long enough not to be guessed. */
  readonly hash: Uint8Array;
  readonly createdAt: string;
}

export interface TokenStore {
  all(): Promise<readonly TokenRow[]>;
  find(hash: Uint8Array): Promise<TokenRow | null>;
  add(token: TokenRow): Promise<void>;
  /** @returns whether there was one */
  remove(tokenId: string): Promise<boolean>;
}
