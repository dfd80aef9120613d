import type { TokenRow, TokenStore } from "../store.ts";
import type { Database } from "./connection.ts";

const SELECT = `
  SELECT token_id AS "tokenId", name, role, hash, created_at AS "createdAt", customer_ids AS "customerIds",
         expires_at AS "expiresAt"
  FROM ingest.token`;

export function createTokenStore(database: Database): TokenStore {
  return {
    all: () => database.rows<TokenRow>(`${SELECT} ORDER BY created_at, token_id`),
    async find(hash) {
      const [row] = await database.rows<TokenRow>(`${SELECT} WHERE hash = $1`, [Buffer.from(hash)]);
      return row ?? null;
    },
    async add({ tokenId, name, role, hash, createdAt, customerIds, expiresAt }) {
      await database.rows(
        `INSERT INTO ingest.token (token_id, name, role, hash, created_at, customer_ids, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [tokenId, name, role, Buffer.from(hash), createdAt, customerIds, expiresAt],
      );
    },
    async remove(tokenId) {
      const gone = await database.rows("DELETE FROM ingest.token WHERE token_id = $1 RETURNING 1", [tokenId]);
      return gone.length === 1;
    },
  };
}
