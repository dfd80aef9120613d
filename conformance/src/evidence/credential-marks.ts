import { REDACTED } from "../redaction/mark.ts";

/** What stands for a credential in the evidence, by whose it is. */
export const CREDENTIAL_MARKS = {
  /** The one under test. */
  own: REDACTED,
  second: "[redacted, of the second tenant]",
  /** One that the suite made up. */
  madeUp: "[made up]",
} as const;
