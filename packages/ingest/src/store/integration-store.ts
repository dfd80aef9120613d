/** A secret as it is kept: encrypted. */
export type Sealed = Uint8Array;

/** A webhook secret of an integration. */
export interface SealedWebhookSecret {
  readonly secret: Sealed;
  readonly addedAt: string;
  /** From when it verifies nothing any more; `null` for a current one. */
  readonly expiresAt: string | null;
}

/** A vendor this server receives from and polls. Secrets are encrypted before they get here. */
export interface IntegrationRow {
  readonly integrationId: string;
  readonly name: string;
  readonly baseUrl: string;
  /** The API key or the OAuth 2 client, as encrypted JSON. */
  readonly credential: Sealed;
  /** Newest first. */
  readonly webhookSecrets: readonly SealedWebhookSecret[];
  /** The vendor's id of the registered destination; `null` where it was registered by hand, or not at all. */
  readonly webhookEndpointId: string | null;
  /** How often the inventory is polled while webhooks come. */
  readonly pollSeconds: number;
  /** How often it is polled while they do not, though they should. */
  readonly fastPollSeconds: number;
  /** How long webhooks may be silent before that is taken for an outage; `null` for a vendor that sends none. */
  readonly silenceSeconds: number | null;
  readonly createdAt: string;
  /** Counts its changes: who changes it says which one he has read. */
  readonly revision: number;
}

export interface IntegrationStore {
  /** By age, the oldest first. */
  all(): Promise<readonly IntegrationRow[]>;
  get(integrationId: string): Promise<IntegrationRow | null>;
  /** Adds one whose `revision` is 1. */
  add(row: IntegrationRow): Promise<void>;
  /**
   * Replaces one, secrets included, unless somebody else has meanwhile.
   *
   * @param row with the `revision` that was read; it is one higher afterwards
   * @returns whether it was replaced
   */
  replace(row: IntegrationRow): Promise<boolean>;
}
