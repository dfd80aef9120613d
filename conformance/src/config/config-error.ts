export type ConfigErrorCode =
  | "not_found"
  /** The folder has several config files. */
  | "ambiguous"
  /** The file cannot be read or parsed. */
  | "not_loaded"
  /** A setting has an invalid value. */
  | "invalid"
  /** The file contains a secret. */
  | "secret";

/** Reports an invalid setting or config file; the message names it and says what to change. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConfigError";
    this.code = code;
  }
}
