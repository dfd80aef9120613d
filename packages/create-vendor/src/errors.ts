/** Each error of this command: what it means and what to do. */
const CREATE_ERRORS = {
  invalid_option: "An option or the name is wrong. The message says what to write.",
  folder_not_empty:
    "The folder has files, and nothing is overwritten. Choose another name, or an empty folder.",
  unreadable_file: "A file or folder cannot be read or written. Check the path and its permissions.",
  invalid_csv: "The CSV file has mistakes. The message names each line and column.",
  missing_template: "This build has no template for the language. Choose another, or update the package.",
  missing_package: "The folder of `--packages` lacks a tarball. Pack all packages into it.",
  install_failed: "The project is written, but npm could not install its packages. Its output says why.",
} as const;

/** The codes of {@link CREATE_ERRORS}. */
export type CreateErrorCode = keyof typeof CREATE_ERRORS;

/** Why no project was created, or why it was not installed. */
export class CreateError extends Error {
  override readonly name = "CreateError";
  readonly code: CreateErrorCode;

  constructor(code: CreateErrorCode, message: string = CREATE_ERRORS[code], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
