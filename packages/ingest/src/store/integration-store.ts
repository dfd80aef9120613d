/** An encrypted secret. */
type Sealed = Uint8Array;

export interface SealedWebhookSecret {
  readonly secret: Sealed;
  readonly addedAt: string;
  /** When it stops verifying deliveries; `null` for a current secret. */
  readonly expiresAt: string | null;
}

/** A vendor that this server receives from and polls. Its secrets are encrypted. */
export interface IntegrationRow {
  readonly integrationId: string;
  readonly name: string;
  readonly baseUrl: string;
  /** Encrypted JSON of the API key or the OAuth 2 client. */
  readonly credential: Sealed;
  /** Newest first. */
  readonly webhookSecrets: readonly SealedWebhookSecret[];
  /** The vendor's id of the registered webhook endpoint; `null` if it was registered manually or not at all. */
  readonly webhookEndpointId: string | null;
  /** Interval of inventory polls while webhooks arrive. */
  readonly pollSeconds: number;
  /** Interval of inventory polls while expected webhooks do not arrive. */
  readonly fastPollSeconds: number;
  /** How long webhooks may be silent before it counts as an outage; `null` for a vendor without webhooks. */
  readonly silenceSeconds: number | null;
  readonly createdAt: string;
  /** Counts updates, for optimistic locking. */
  readonly revision: number;
}

export interface IntegrationStore {
  /** Lists all integrations, oldest first. */
  all(): Promise<readonly IntegrationRow[]>;
  get(integrationId: string): Promise<IntegrationRow | null>;
  /** Adds an integration with `revision` 1. */
  add(row: IntegrationRow): Promise<void>;
  /**
   * Replaces an integration and its secrets, unless another update came first. Increments its `revision`.
   *
   * @param row with the `revision` that was read
   * @returns whether it was replaced
   */
  replace(row: IntegrationRow): Promise<boolean>;
}
