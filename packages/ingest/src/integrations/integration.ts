import type { Credential } from "@convergint/client";
import type { IntegrationRow } from "../store/integration-store.ts";
import type { IntegrationProfile } from "./profile.ts";

/** A webhook secret in clear text. */
export interface WebhookSecret {
  readonly secret: string;
  readonly addedAt: string;
  /** When the secret stops being valid for deliveries; `null` for a current secret. */
  readonly expiresAt: string | null;
}

/** A private key that replaces the current one as soon as the vendor accepts it. */
interface NextKey {
  readonly credential: KeyedCredential;
  readonly addedAt: string;
  /** Why the vendor refused it when it was added. */
  readonly failure: string;
}

/** A credential with a private key. */
export type KeyedCredential = Extract<Credential, { readonly privateKey: unknown }>;

export const hasPrivateKey = (credential: Credential): credential is KeyedCredential =>
  "privateKey" in credential;

/**
 * A vendor whose webhooks this server receives and whose API it polls. The secrets are in clear text: never
 * log or return them.
 */
export interface Integration extends Omit<IntegrationRow, "credential" | "profile" | "webhookSecrets"> {
  readonly credential: Credential;
  /** `null` for a vendor that serves the contract. Authenticated with the credential. */
  readonly profile: IntegrationProfile | null;
  /** Absent unless a private key is being replaced. Encrypted with the credential. */
  readonly nextKey?: NextKey | undefined;
  /** Hosts outside the base URL's domain that the credential may be sent to. Encrypted and authenticated with it. */
  readonly allowHosts: readonly string[];
  /**
   * When the integration was disabled; `null` if it is enabled. A disabled integration accepts no delivery and makes
   * no call to the vendor. Encrypted and authenticated with the credential.
   */
  readonly disabledAt: string | null;
  /** The newest secret comes first. */
  readonly webhookSecrets: readonly WebhookSecret[];
}
