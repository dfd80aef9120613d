import type { Credential } from "@convergint/client";
import type { IntegrationRow } from "../store/integration-store.ts";

/** A webhook secret in clear text. */
export interface WebhookSecret {
  readonly secret: string;
  readonly addedAt: string;
  /** When it stops verifying deliveries; `null` for a current secret. */
  readonly expiresAt: string | null;
}

/** A vendor that this server receives from and polls. Its secrets are in clear text: never log or return them. */
export interface Integration extends Omit<IntegrationRow, "credential" | "webhookSecrets"> {
  readonly credential: Credential;
  /** Newest first. */
  readonly webhookSecrets: readonly WebhookSecret[];
}
