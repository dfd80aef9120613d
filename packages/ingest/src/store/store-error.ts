export type StoreErrorCode = "write_failed" | "store_gone" | "lease_lost";

/** A write that did not happen. Nothing of it was stored. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** `write_failed`: this write. `store_gone`: no write will succeed until a restart. `lease_lost`: another process has taken over. */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
