import type { Database } from "better-sqlite3";
import type { Subscriber } from "../../change-store.ts";
import type { TokenRow } from "../../token-store.ts";

/** Makes the transactions about who may ask, and who is told. */
export function accessWrites(database: Database) {
  const addToken = database.prepare(
    "INSERT INTO token (token_id, name, role, hash, created_at) VALUES (?, ?, ?, ?, ?)",
  );
  const removeToken = database.prepare("DELETE FROM token WHERE token_id = ?");
  const saveSubscriber = database.prepare(
    `INSERT INTO subscriber (subscriber_id, url, customer_id, secret, position, created_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET secret = excluded.secret`,
  );
  const removeSubscriber = database.prepare("DELETE FROM subscriber WHERE subscriber_id = ?");
  const advance = database.prepare(
    "UPDATE subscriber SET position = max(position, ?) WHERE subscriber_id = ?",
  );
  return {
    addToken({ tokenId, name, role, hash, createdAt }: TokenRow): void {
      addToken.run(tokenId, name, role, hash, createdAt);
    },
    removeToken: (tokenId: string): boolean => removeToken.run(tokenId).changes === 1,
    saveSubscriber({ subscriberId, url, customerId, secret, position, createdAt }: Subscriber): void {
      saveSubscriber.run(subscriberId, url, customerId, secret, position, createdAt);
    },
    removeSubscriber: (subscriberId: string): boolean => removeSubscriber.run(subscriberId).changes === 1,
    advanceSubscriber(subscriberId: string, position: number): void {
      advance.run(position, subscriberId);
    },
  };
}
