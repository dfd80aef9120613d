/** Where a part of a profile is written. */
export interface Place {
  /** The name of the file, as the caller gave it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** The path of the member, such as `inventory.devices[0].fields.status`; empty for the whole document. */
  readonly path: string;
}

/** Why a profile is refused. */
export type ProfileErrorCode =
  | "too_large"
  | "not_readable"
  | "unknown_key"
  | "missing_key"
  | "invalid_value"
  | "invalid_expression"
  | "unknown_variable"
  | "unknown_request"
  | "unsafe_signature";

/** One problem of a profile. */
export interface ProfileProblem extends Place {
  readonly code: ProfileErrorCode;
  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/** Writes a place as editors and terminals link it: `file:line:column`. */
export const showPlace = ({ file, line, column }: Omit<Place, "path">): string => `${file}:${line}:${column}`;

/** Writes a problem in one line. */
export const showProblem = (problem: ProfileProblem): string =>
  `${showPlace(problem)} ${problem.path === "" ? "" : `${problem.path}: `}${problem.message}`;

/** A profile that cannot be used. Lists every problem that was found, in the order of the file. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly problems: readonly [ProfileProblem, ...ProfileProblem[]];

  constructor(problems: readonly [ProfileProblem, ...ProfileProblem[]]) {
    super(problems.map(showProblem).join("\n"));
    this.problems = problems;
  }

  /** The code of the first problem. */
  get code(): ProfileErrorCode {
    return this.problems[0].code;
  }
}

/** Why an expression of a profile has no value. */
export type ExpressionErrorCode =
  | "expression_failed"
  | "expression_timeout"
  | "expression_blocked"
  | "expression_too_large";

/** An expression that failed on a value of the vendor. Quotes no value of the vendor, because it may be a secret. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly code: ExpressionErrorCode;
  /** The expression in the profile. */
  readonly place: Place;
  /** The message without the place. */
  readonly reason: string;

  constructor(code: ExpressionErrorCode, place: Place, reason: string) {
    super(`${showPlace(place)} ${place.path}: ${reason}`);
    this.code = code;
    this.place = place;
    this.reason = reason;
  }
}

/** Why a delivery is refused as a whole. */
export type ProfileDeliveryErrorCode =
  | "missing_signature"
  | "wrong_signature"
  | "stale_timestamp"
  | "no_secret"
  | "no_webhooks"
  | "payload_too_large"
  | "not_json"
  | "not_an_event"
  | ExpressionErrorCode;

/** A delivery that a profile cannot read. Quotes no secret. */
export class ProfileDeliveryError extends Error {
  override readonly name = "ProfileDeliveryError";
  readonly code: ProfileDeliveryErrorCode;
  /** Whether the vendor signed the delivery. If not, tell the sender no more than the code. */
  readonly signed: boolean;
  /** Where the failed expression is in the profile; `null` if no expression failed. */
  readonly place: Place | null;

  constructor(
    code: ProfileDeliveryErrorCode,
    message: string,
    { signed, place = null }: { readonly signed: boolean; readonly place?: Place | null },
  ) {
    super(message);
    this.code = code;
    this.signed = signed;
    this.place = place;
  }
}

/** A webhook secret that does not have the form that the profile requires. Never quotes the secret. */
export class ProfileSecretError extends Error {
  override readonly name = "ProfileSecretError";
  readonly code = "invalid_secret";
}
