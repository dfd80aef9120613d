/** One HTTP call the suite made, with the answer as it came. */
export interface Exchange {
  /** `x1`, `x2`, …: what verdicts cite. */
  readonly id: string;
  /** What the call was for, in a few words. */
  readonly purpose: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** Credentials are replaced before they get here. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  /** `null` where no answer came; `failure` says why. */
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly failure: string | null;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** One webhook the vendor posted to the suite's receiver. */
export interface Delivery {
  /** `d1`, `d2`, …: what verdicts cite. */
  readonly id: string;
  readonly receivedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body's bytes, because a signature is over bytes. */
  readonly bodyBase64: string;
  /** `null` where it got no answer: it was left waiting, or cut off. */
  readonly answeredStatus: number | null;
  /** How long the sender waited for an answer before it hung up; absent where it did not. */
  readonly hungUpAfterSeconds?: number;
}

/** A listing read page by page. */
export interface Listing {
  /** The `limit` asked for, or `null` where none was. */
  readonly limit: number | null;
  readonly pages: readonly Exchange[];
  /** Why reading stopped. */
  readonly end: "last_page" | "not_a_page" | "repeated_cursor" | "too_many_pages";
}
