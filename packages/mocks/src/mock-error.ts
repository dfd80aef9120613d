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
