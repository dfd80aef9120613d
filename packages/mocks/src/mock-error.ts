/**
 * Reads the base URL of handlers.
 *
 * @returns the URL without a trailing slash
 * @throws {MockError} `invalid_option`
 */
export function requireUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.search}${url.hash}` === "";
  if (plain) return url.href.replace(/\/$/, "");
  throw new MockError(
    "invalid_option",
    "Invalid url: use an http or https URL without user name, query or fragment, such as https://vendor.example.",
  );
}

/** The error codes of wrong input from a test. */
export type MockErrorCode =
  | "invalid_option"
  | "invalid_campus"
  | "invalid_device"
  | "unknown_device"
  | "invalid_event"
  | "invalid_fault";

/** A mistake in the test itself. Branch on `code`; it is stable. */
export class MockError extends Error {
  override readonly name = "MockError";
  readonly code: MockErrorCode;

  constructor(code: MockErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What each code of {@link MockError} means, and what to do. The documentation shows it. */
export const MOCK_TEXTS: Readonly<Record<MockErrorCode, { readonly means: string; readonly fix: string }>> = {
  invalid_option: {
    means: "An option of the mock is invalid.",
    fix: "Correct the option that the message names.",
  },
  invalid_campus: {
    means: "The orgs, sites and devices that the test passed break the contract.",
    fix: "Correct the record that the message names, so that the test does not prove something a vendor may not send.",
  },
  invalid_device: {
    means: "A device that the test adds or changes breaks the contract.",
    fix: "Correct the field that the message names.",
  },
  unknown_device: {
    means: "The mock has no device with this id.",
    fix: "Add the device first, or take an id from `devices`.",
  },
  invalid_event: {
    means: "An event that the test posts breaks the contract.",
    fix: "Correct the member that the message names.",
  },
  invalid_fault: {
    means: "The fault that the test asks for does not exist or has invalid values.",
    fix: "Use a fault that the README of `@convergint/mocks` lists.",
  },
};
