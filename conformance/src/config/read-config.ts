import type { z } from "zod";
import { CLIENT_VARIABLES, KEY_VARIABLES } from "../harness/credentials.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { configSchema } from "./config-schema.ts";

const VARIABLES: Readonly<Record<string, string>> = { ...KEY_VARIABLES, ...CLIENT_VARIABLES };
/** What a member may be called that is meant to hold a credential, however it is written. */
const SECRETIVE = /key|secret|token|password|credential|auth|^client/i;

interface Fault {
  readonly isSecret: boolean;
  readonly member: string;
  readonly message: string;
}

/** As it is written in the file: `reports.json`, `profiles[1]`. */
const memberAt = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

function faultOfUnknown(path: readonly PropertyKey[], name: string): Fault {
  const member = memberAt([...path, name]);
  if (SECRETIVE.test(name)) {
    const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
    const how = variable ? `in ${variable}` : "in the environment or with its flag, see run --help";
    return {
      isSecret: true,
      member,
      message: `is for a secret, and a config file is no place for one: take it out, and give it ${how}.`,
    };
  }
  const known = path[0] === "reports" ? configSchema.shape.reports.unwrap().shape : configSchema.shape;
  return { isSecret: false, member, message: `is unknown; there are ${Object.keys(known).join(", ")}.` };
}

const faultsOf = (issue: z.core.$ZodIssue): Fault[] =>
  issue.code === "unrecognized_keys"
    ? issue.keys.map((name) => faultOfUnknown(issue.path, name))
    : [{ isSecret: false, member: memberAt(issue.path), message: issue.message }];

/**
 * Reads what a config file exports.
 *
 * @param file its name, for whoever is to change it
 * @throws {ConfigError} `secret` or `invalid`, with a line for each member that is wrong; no value of an unknown one is shown
 */
export function readConfig(file: string, exported: unknown): Config {
  const parsed = configSchema.safeParse(exported);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(faultsOf);
  throw new ConfigError(
    faults.some(({ isSecret }) => isSecret) ? "secret" : "invalid",
    faults.map(({ member, message }) => `${file}: ${member || "the config"} ${message}`).join("\n"),
  );
}
