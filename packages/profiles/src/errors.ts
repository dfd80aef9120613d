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

/** What each code of {@link ProfileError} means, and what to do. The documentation shows it. */
export const PROFILE_TEXTS: Readonly<
  Record<ProfileErrorCode, { readonly means: string; readonly fix: string }>
> = {
  too_large: {
    means: "The profile is larger than a profile may be.",
    fix: "Leave out what the profile does not need; a vocabulary belongs in `words`.",
  },
  not_readable: {
    means: "The file is not valid YAML.",
    fix: "Correct the line that the message names. An editor with the schema shows the mistake while you type.",
  },
  unknown_key: {
    means: "The profile has a key that does not exist here.",
    fix: "Remove it, or use the similar name that the message suggests.",
  },
  missing_key: {
    means: "A required key is missing.",
    fix: "Add the key that the message names.",
  },
  invalid_value: {
    means: "A value has the wrong type or form.",
    fix: "Write what the message asks for.",
  },
  invalid_expression: {
    means: "A CEL expression does not compile.",
    fix: "Correct the expression at the given line and column. Texts in CEL need quotes inside the YAML value.",
  },
  unknown_variable: {
    means: "An expression uses a name that is not available at this place.",
    fix: "Use one of the names that the message lists.",
  },
  unknown_request: {
    means: "A part of the profile names a request that `inventory.requests` does not have.",
    fix: "Add the request, or correct the name.",
  },
  unsafe_signature: {
    means: "The signature rule would accept forged deliveries, for example because the body is not signed.",
    fix: "Describe what the vendor really signs. The README of `@convergint/profiles` lists the safe forms.",
  },
};

/** What each code of {@link ExpressionError} means, and what to do. The documentation shows it. */
export const EXPRESSION_TEXTS: Readonly<
  Record<ExpressionErrorCode, { readonly means: string; readonly fix: string }>
> = {
  expression_failed: {
    means: "An expression has no value for this item of the vendor, for example because a member is missing.",
    fix: "Guard the member with `has()` or a default, or correct the path. The message has the line.",
  },
  expression_timeout: {
    means: "An expression did not end in time and was stopped.",
    fix: "Simplify it: avoid loops over long lists inside loops.",
  },
  expression_blocked: {
    means: "The expression did not end in time less than a minute ago, so it is not evaluated again yet.",
    fix: "Correct the expression that timed out before.",
  },
  expression_too_large: {
    means: "An expression builds a text or a list that is too large.",
    fix: "Select fewer items, or a smaller part of them.",
  },
};

/** What each further code of {@link ProfileDeliveryError} means, and what to do. The documentation shows it. */
export const PROFILE_DELIVERY_TEXTS: Readonly<
  Record<
    Exclude<ProfileDeliveryErrorCode, ExpressionErrorCode>,
    { readonly means: string; readonly fix: string }
  >
> = {
  missing_signature: {
    means: "The delivery lacks the header or member that holds the vendor's signature.",
    fix: "Compare a real delivery with the profile's `webhooks.signature`. A proxy may remove headers.",
  },
  wrong_signature: {
    means: "The vendor's signature does not match the body and a secret of this integration.",
    fix: "Set the secret that the vendor's console shows. Then check the template of the signed bytes in the profile.",
  },
  stale_timestamp: {
    means: "The signed time is too far from the server's clock.",
    fix: "Synchronise the clock. If the vendor signs the time of the event, say so in the profile.",
  },
  no_secret: {
    means: "The integration has no current secret that fits the profile's signature.",
    fix: "Set the vendor's secret: `convergint-ingest rotate-secret int_… --secret-file FILE`.",
  },
  no_webhooks: {
    means: "The profile describes no webhooks, so a delivery cannot be read.",
    fix: "Add `webhooks` to the profile, or remove the destination in the vendor's console.",
  },
  payload_too_large: {
    means: "The delivery is larger than the server accepts.",
    fix: "Ask the vendor to send fewer events in one delivery.",
  },
  not_json: {
    means: "The delivery is signed, but not JSON.",
    fix: "Choose JSON in the vendor's console.",
  },
  not_an_event: {
    means: "The delivery is signed, but neither an object nor a list of objects.",
    fix: "Compare a real delivery with the profile's `webhooks.events`.",
  },
};

/** What the code of {@link ProfileSecretError} means, and what to do. The documentation shows it. */
export const SECRET_TEXTS = {
  invalid_secret: {
    means: "The webhook secret does not have the form that the profile requires.",
    fix: "Copy the secret from the vendor's console again, complete and without spaces.",
  },
};
