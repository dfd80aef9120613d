const LATER_PROFILE = "The resilience profile cannot be certified by this version of the suite.";
const CONSUMER = "It is about the consumer; the receiver suite does not exist in this version.";

/**
 * Requirements without a check, each with the reason. A requirement is either checked or here: a test compares
 * both with the registry.
 */
export const exclusions: Readonly<Record<string, string>> = {
  "DLV-001": LATER_PROFILE,
  "DLV-002": LATER_PROFILE,
  "DLV-003": LATER_PROFILE,
  "RCV-001": CONSUMER,
  "RCV-002": CONSUMER,
  "RCV-003": CONSUMER,
  "RCV-004": CONSUMER,
  "RCV-005": CONSUMER,
  "RCV-006": CONSUMER,
  "RCV-007": CONSUMER,
};
