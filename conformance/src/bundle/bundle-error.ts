export type BundleErrorCode =
  /** The file is no bundle, or not of this format. */
  | "not_a_bundle"
  /** The bytes are not those that were written. */
  | "changed"
  /** It was made with another set of requirements than this suite knows. */
  | "other_requirements";

/** A bundle that cannot be judged; the message says why, and what to do. */
export class BundleError extends Error {
  readonly code: BundleErrorCode;
  constructor(code: BundleErrorCode, message: string) {
    super(message);
    this.name = "BundleError";
    this.code = code;
  }
}
