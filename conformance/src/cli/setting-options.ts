import { Option } from "commander";
import { knownSettings, settingNames } from "../config/known-settings.ts";
import { loadConfig } from "../config/load-config.ts";
import { type SettingName, type Settings, settle } from "../config/settings.ts";
import { collectValues } from "./report-options.ts";

/** The flags of settings as commander gives them, by the names that it makes of them. */
export type SettingFlags = Readonly<Record<string, unknown>>;

const optionOf = (name: SettingName): Option => {
  const { flags, description, isList, without = "none" } = knownSettings[name];
  const option = new Option(flags, description);
  return isList ? option.argParser(collectValues).default([], without) : option;
};

/** The options that settings come by. */
export const settingOptions = (): readonly Option[] => settingNames.map(optionOf);

/** What a run is set up with, and the file that was read for it; `null` where there was none. */
export interface SetUp {
  readonly settings: Settings;
  readonly configFile: string | null;
}

/** Settles what a run is set up with: flags win over the environment, and that over the config file. @throws {ConfigError} */
export async function setUp(flags: SettingFlags, named: string | undefined): Promise<SetUp> {
  const file = await loadConfig(process.cwd(), named);
  const settings = settle(knownSettings, {
    flag: (name) => {
      const given = flags[optionOf(name).attributeName()];
      return given === undefined ? [] : [given].flat().map(String);
    },
    environment: process.env,
    file,
  });
  return { settings, configFile: file?.file ?? null };
}
