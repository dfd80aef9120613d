/** One HTTP call by the suite, with its response as received. */
export interface Exchange {
  /** The id of the exchange: `x1`, `x2` and so on. Verdicts cite this id. */
  readonly id: string;
  /** The purpose of the call, in a few words. */
  readonly purpose: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** Headers, in which credentials are already redacted. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  /** The response; `null` if none arrived, in which case `failure` says why. */
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly failure: string | null;
  readonly startedAt: string;
  readonly durationMs: number;
  /** Earlier attempts at the same call, which were refused or failed; absent if there were none. */
  readonly earlier?: readonly Exchange[];
}

/** One webhook that the vendor posted to the suite's receiver. */
export interface Delivery {
  /** The id of the delivery: `d1`, `d2` and so on. Verdicts cite this id. */
  readonly id: string;
  readonly receivedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as bytes, because a signature covers bytes. */
  readonly bodyBase64: string;
  /** `null` if the delivery got no response: the receiver let it time out or cut the connection. */
  readonly answeredStatus: number | null;
  /**
   * How long the sender waited for a response before it closed the connection; absent if it did not close the
   * connection.
   */
  readonly hungUpAfterSeconds?: number;
  /**
   * Id of the delivery that this one copies: the same request, with the same timestamp and signature, at almost the
   * same moment. Two replicas of the vendor, or a proxy, sent one attempt twice.
   */
  readonly copyOf?: string;
}

/** A listing, read page by page. */
export interface Listing {
  /** The requested `limit`, or `null` if there was none. */
  readonly limit: number | null;
  readonly pages: readonly Exchange[];
  /** Why the suite stopped reading the listing. */
  readonly end: "last_page" | "stopped" | "not_a_page" | "repeated_cursor" | "too_many_pages";
}
