import type { Command } from "commander";
import { knownSettings, settingNames } from "../config/known-settings.ts";
import type { Source } from "../config/settings.ts";
import { credentialOptions } from "./credential-options.ts";
import { readSettings } from "./run-options.ts";
import type { SetUp } from "./setting-options.ts";

const nameOf = (source: Source): string => (source.kind === "default" ? "by default" : `by ${source.name}`);

/** Each credential, and what it was given by: never what it is. */
function givenCredentials(command: Command) {
  return credentialOptions().map((option) => {
    const name = option.attributeName();
    const by = command.getOptionValueSource(name) === "env" ? option.envVar : option.long;
    const isGiven = Boolean(command.getOptionValue(name));
    return { name, by: isGiven ? (by ?? null) : null, variable: option.envVar ?? "" };
  });
}

/**
 * What a run would be set up with, and what each part was set by.
 *
 * @param command that credentials were given to
 * @throws {UsageError} where something is set that a run would refuse
 */
export function printedConfig(
  { settings, configFile }: SetUp,
  command: Command,
  { json }: { readonly json: boolean },
): string {
  readSettings(settings);
  const credentials = givenCredentials(command);
  if (json) {
    const document = {
      config_file: configFile,
      settings: Object.fromEntries(
        settingNames.map((name) => {
          const { values = null, source = null } = settings[name] ?? {};
          return [name, { values, set_by: source }];
        }),
      ),
      credentials: Object.fromEntries(credentials.map(({ name, by }) => [name, { set_by: by }])),
    };
    return `${JSON.stringify(document, null, 2)}\n`;
  }
  const line = (name: string, text: string) => `${name.padEnd(18)}${text}\n`;
  const unset = (flags: string, variable: string) => `not set (${flags}, ${variable})`;
  return [
    line("config file", configFile ?? "none"),
    ...settingNames.map((name) => {
      const settled = settings[name];
      const { flags, variable } = knownSettings[name];
      if (!settled) return line(name, unset(flags, variable));
      return line(name, `${settled.values.join(" ")}   (set ${nameOf(settled.source)})`);
    }),
    ...credentials.map(({ name, by, variable }) =>
      line(name, by === null ? `not set (${variable})` : `set by ${by}`),
    ),
  ].join("");
}
