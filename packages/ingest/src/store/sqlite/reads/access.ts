import type { Database } from "better-sqlite3";
import type { RefusedDeliveryStore, RefusedView } from "../../refused-delivery-store.ts";
import type { TokenRow, TokenStore } from "../../token-store.ts";

const TOKEN = "SELECT token_id AS tokenId, name, role, hash, created_at AS createdAt FROM token";

export function tokenReads(database: Database): Pick<TokenStore, "all" | "find"> {
  const all = database.prepare<[], TokenRow>(`${TOKEN} ORDER BY created_at, token_id`);
  const find = database.prepare<[Uint8Array], TokenRow>(`${TOKEN} WHERE hash = ?`);
  return {
    all: async () => all.all(),
    find: async (hash) => find.get(hash) ?? null,
  };
}

export function refusedReads(database: Database): Pick<RefusedDeliveryStore, "list"> {
  const list = database.prepare<
    [{ integrationId: string | null; limit: number }],
    Omit<RefusedView, "signed"> & { readonly signed: number }
  >(`
    SELECT sequence, integration_id AS integrationId, received_at AS receivedAt, status, code, detail, diagnosis, signed, body
    FROM refused_delivery WHERE :integrationId IS NULL OR integration_id = :integrationId
    ORDER BY sequence DESC LIMIT :limit`);
  return {
    list: async (integrationId, limit) =>
      list.all({ integrationId, limit }).map((row) => ({ ...row, signed: row.signed === 1 })),
  };
}
