import type { Database } from "better-sqlite3";
import type { TokenRow, TokenStore } from "../store.ts";

const SELECT = "SELECT token_id AS tokenId, name, role, hash, created_at AS createdAt FROM token";

export function prepareTokenReads(database: Database): Pick<TokenStore, "all" | "find"> {
  const all = database.prepare<[], TokenRow>(`${SELECT} ORDER BY created_at, token_id`);
  const find = database.prepare<[Uint8Array], TokenRow>(`${SELECT} WHERE hash = ?`);
  return {
    all: async () => all.all(),
    find: async (hash) => find.get(hash) ?? null,
  };
}

export function prepareTokenWrites(database: Database) {
  const insert = database.prepare(
    "INSERT INTO token (token_id, name, role, hash, created_at) VALUES (?, ?, ?, ?, ?)",
  );
  const remove = database.prepare("DELETE FROM token WHERE token_id = ?");
  return {
    addToken({ tokenId, name, role, hash, createdAt }: TokenRow): void {
      insert.run(tokenId, name, role, hash, createdAt);
    },
    removeToken: (tokenId: string): boolean => remove.run(tokenId).changes === 1,
  };
}
