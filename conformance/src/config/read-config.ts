import type { z } from "zod";
import { listSettings } from "./setting.ts";
import { type Config, configSchema, vendorSettings } from "./vendor-settings.ts";

type ConfigErrorCode =
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

/** Member names that suggest a credential. */
const CREDENTIAL_NAME = /key|secret|token|password|credential|auth|^client/i;

interface Problem {
  readonly isCredential: boolean;
  readonly member: string;
  readonly message: string;
}

/** Writes a path in JavaScript notation: `reports.json`, `profiles[1]`. */
const toMember = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

function explainUnknown(path: readonly PropertyKey[], name: string): Problem {
  const member = toMember([...path, name]);
  if (CREDENTIAL_NAME.test(name)) {
    const variable = listSettings(vendorSettings).find((setting) => setting.name === name)?.variable;
    const how = variable ? `in ${variable}` : "with an environment variable or flag, see run --help";
    return {
      isCredential: true,
      member,
      message: `is a credential and must not be in a config file. Remove it and set it ${how}.`,
    };
  }
  const known = path[0] === "reports" ? configSchema.shape.reports.unwrap().shape : configSchema.shape;
  return {
    isCredential: false,
    member,
    message: `is not a known setting. Known settings: ${Object.keys(known).join(", ")}.`,
  };
}

const listProblems = (issue: z.core.$ZodIssue): Problem[] =>
  issue.code === "unrecognized_keys"
    ? issue.keys.map((name) => explainUnknown(issue.path, name))
    : [{ isCredential: false, member: toMember(issue.path), message: issue.message }];

/**
 * Validates what a config file exports.
 *
 * @param file its name, for error messages
 * @throws {ConfigError} `secret` or `invalid`, with a line for each invalid member; values of unknown members are not shown
 */
export function readConfig(file: string, exported: unknown): Config {
  const parsed = configSchema.safeParse(exported);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(listProblems);
  throw new ConfigError(
    problems.some(({ isCredential }) => isCredential) ? "secret" : "invalid",
    problems.map(({ member, message }) => `${file}: ${member || "the config"} ${message}`).join("\n"),
  );
}
