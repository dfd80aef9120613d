/** An encrypted secret. */
type Sealed = Uint8Array;

export interface SealedWebhookSecret {
  readonly secret: Sealed;
  readonly addedAt: string;
  /** When the secret stops being valid for deliveries; `null` for a current secret. */
  readonly expiresAt: string | null;
}

/** A vendor whose webhooks this server receives and whose API it polls. The secrets are encrypted. */
export interface IntegrationRow {
  readonly integrationId: string;
  readonly name: string;
  readonly baseUrl: string;
  /** Encrypted JSON of the API key, the OAuth 2 client or the private key, and of a private key that is to replace it. */
  readonly credential: Sealed;
  /** JSON of the profile by which the server reads the vendor; `null` for a vendor that serves the contract. */
  readonly profile: string | null;
  /** The newest secret comes first. */
  readonly webhookSecrets: readonly SealedWebhookSecret[];
  /** The vendor's id of the registered webhook endpoint; `null` if it was registered manually or not at all. */
  readonly webhookEndpointId: string | null;
  /** Interval between inventory polls while webhooks arrive. */
  readonly pollSeconds: number;
  /** Interval between inventory polls while expected webhooks do not arrive. */
  readonly fastPollSeconds: number;
  /**
   * How long webhooks may be silent before the silence counts as an outage; `null` for a vendor without
   * webhooks.
   */
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
   * Replaces an integration and its secrets, unless another update came first. Increments the integration's
   * `revision`.
   *
   * @param row the new row, with the `revision` that was read
   * @returns whether the integration was replaced
   */
  replace(row: IntegrationRow): Promise<boolean>;
  /**
   * Removes an integration with its devices, sites, settings and event keys, some rows at a time, so that nothing else
   * waits for long. Call it until it is done. Events and changes stay until their age removes them.
   *
   * @param limit how many rows to remove at most
   * @returns whether the integration is removed
   */
  remove(integrationId: string, limit: number): Promise<boolean>;
}
