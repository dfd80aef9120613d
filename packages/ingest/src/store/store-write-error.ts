/** A write that did not happen. Nothing of it was stored. */
export class StoreWriteError extends Error {
  override readonly name = "StoreWriteError";
  /** `write_failed`: this write. `writer_gone`: the writer itself, so no write will succeed until a restart. */
  readonly code: "write_failed" | "writer_gone";
  constructor(code: StoreWriteError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
