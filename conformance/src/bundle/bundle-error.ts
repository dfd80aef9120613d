export type BundleErrorCode =
  /** The file is not a bundle of this format. */
  | "not_a_bundle"
  /** The bytes differ from those that were written. */
  | "changed"
  /** The bundle was recorded for a different set of requirements. */
  | "other_requirements";

/** Reports a bundle that cannot be graded; the message says why and what to do. */
export class BundleError extends Error {
  readonly code: BundleErrorCode;
  constructor(code: BundleErrorCode, message: string) {
    super(message);
    this.name = "BundleError";
    this.code = code;
  }
}
