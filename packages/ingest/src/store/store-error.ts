export type StoreErrorCode = "write_failed" | "store_gone" | "lease_lost";

/** A failed call to the store. Nothing was stored. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /**
   * `write_failed`: only this call failed. `store_gone`: no call will succeed until the server restarts. `lease_lost`:
   * another process holds the lease.
   */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
