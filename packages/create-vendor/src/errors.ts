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

/** What each code of {@link CreateError} means, and what to do. The documentation shows it. */
export const CREATE_TEXTS: Readonly<
  Record<CreateErrorCode, { readonly means: string; readonly fix: string }>
> = {
  invalid_option: {
    means: "An option or the name of the project is invalid.",
    fix: "Correct what the message names; `--help` lists the options.",
  },
  folder_not_empty: {
    means: "The folder of the new project exists and has files. Nothing was changed.",
    fix: "Choose another name, or empty the folder.",
  },
  unreadable_file: {
    means: "A file that was given, or a template, cannot be read.",
    fix: "Check the path and its permissions.",
  },
  invalid_csv: {
    means: "The list of devices has a mistake. The message names the line and the column.",
    fix: "Correct the line. The first line names the columns.",
  },
  install_failed: {
    means: "The project was created, but the installation of its packages failed.",
    fix: "Run the command that the message shows in the project's folder, or create the project with `--no-install`.",
  },
  missing_package: {
    means: "The folder of `--packages` lacks a package that the project needs.",
    fix: "Pack all packages in a clone of the repository with `npx -y pnpm@12.21.0 tarballs`, and give its folder `tarballs`.",
  },
  missing_template: {
    means: "The package was built without the template of this language.",
    fix: "Install it again; in a clone of the repository, build it with `npx -y pnpm@12.21.0 build`.",
  },
};
