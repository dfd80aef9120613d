/** A delivery that was refused: kept for people to see, bounded and redacted. */
export interface RefusedDelivery {
  readonly integrationId: string;
  readonly receivedAt: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** What is wrong with its signature and the line to change, where that was found out. */
  readonly diagnosis: string | null;
  /** Whether the vendor had signed it. */
  readonly signed: boolean;
  /** The beginning of the body. */
  readonly body: string;
}

export interface RefusedView extends RefusedDelivery {
  readonly sequence: number;
}

export interface RefusedDeliveryStore {
  /** Keeps them, and of each integration only the newest 200. */
  keep(deliveries: readonly RefusedDelivery[]): Promise<void>;
  /** The newest first. */
  list(integrationId: string | null, limit: number): Promise<readonly RefusedView[]>;
}
