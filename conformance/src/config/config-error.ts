export type ConfigErrorCode =
  | "not_found"
  /** The folder holds several, and none was named. */
  | "ambiguous"
  /** It cannot be read, or not be loaded as what its name says it is. */
  | "not_loaded"
  /** A member is not what it should be. */
  | "invalid"
  /** It holds a secret. */
  | "secret";

/** A config file that a run cannot be set up with; the message names the file, the member and what to change. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConfigError";
    this.code = code;
  }
}
