/** A refused delivery, truncated and redacted, so that people can find the cause. */
export interface RefusedDelivery {
  readonly integrationId: string;
  readonly receivedAt: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** What is wrong with the delivery's signature, and the line to change, if known. */
  readonly diagnosis: string | null;
  /** Whether the vendor's signature verified. */
  readonly signed: boolean;
  /** The beginning of the body. */
  readonly body: string;
}

export interface RefusedView extends RefusedDelivery {
  readonly sequence: number;
}

export interface RefusedDeliveryStore {
  /**
   * Stores refused deliveries. Of each integration, keeps the newest {@link MAX_REFUSED_DELIVERIES} that the vendor signed
   * and as many others: anyone can send those, so they never replace signed ones.
   */
  keep(deliveries: readonly RefusedDelivery[]): Promise<void>;
  /** Lists refused deliveries, newest first. */
  list(integrationId: string | null, limit: number): Promise<readonly RefusedView[]>;
}

export const MAX_REFUSED_DELIVERIES = 200;
