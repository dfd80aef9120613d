/** What a service has already, in place of its database: the other files add webhooks to it. */
import type { VerifiedWebhook } from "@convergint/webhooks";

/** The signing secrets of the vendor, separated by spaces: two during a rotation. */
export const readSecrets = (): string[] => (process.env["WEBHOOK_SECRETS"] ?? "").split(" ").filter(Boolean);

/** The events that are stored, by id, in place of a table with a unique key. */
export const events = new Map<string, string>();

/**
 * Stores an event. In a database, this is `INSERT … ON CONFLICT DO NOTHING`, so an event that is delivered again is stored once. It
 * must resolve after the commit: the vendor forgets the event as soon as it gets the 204.
 */
export async function storeEvent({ id, body }: VerifiedWebhook): Promise<void> {
  if (!events.has(id)) events.set(id, new TextDecoder().decode(body));
}
