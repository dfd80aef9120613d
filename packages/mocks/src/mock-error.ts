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
