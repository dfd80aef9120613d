import type { Database } from "better-sqlite3";
import type { TokenRow, TokenStore } from "../store.ts";

const SELECT = `
  SELECT token_id AS tokenId, name, role, hash, created_at AS createdAt, customer_ids AS customerIds,
         expires_at AS expiresAt
  FROM token`;

type Row = Omit<TokenRow, "customerIds"> & { readonly customerIds: string | null };

const toTokenRow = ({ customerIds, ...row }: Row): TokenRow => ({
  ...row,
  customerIds: customerIds === null ? null : (JSON.parse(customerIds) as string[]),
});

export function prepareTokenReads(database: Database): Pick<TokenStore, "all" | "find"> {
  const all = database.prepare<[], Row>(`${SELECT} ORDER BY created_at, token_id`);
  const find = database.prepare<[Uint8Array], Row>(`${SELECT} WHERE hash = ?`);
  return {
    all: async () => all.all().map(toTokenRow),
    async find(hash) {
      const found = find.get(hash);
      return found ? toTokenRow(found) : null;
    },
  };
}

export function prepareTokenWrites(database: Database) {
  const insert = database.prepare(
    `INSERT INTO token (token_id, name, role, hash, created_at, customer_ids, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = database.prepare("DELETE FROM token WHERE token_id = ?");
  return {
    addToken({ tokenId, name, role, hash, createdAt, customerIds, expiresAt }: TokenRow): void {
      const customers = customerIds && JSON.stringify(customerIds);
      insert.run(tokenId, name, role, hash, createdAt, customers, expiresAt);
    },
    removeToken: (tokenId: string): boolean => remove.run(tokenId).changes === 1,
  };
}
