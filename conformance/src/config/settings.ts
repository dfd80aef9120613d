import { dirname, isAbsolute, join } from "node:path";
import type { Config } from "./config.ts";
import type { LoadedConfig } from "./load-config.ts";

/** How a setting is given, and what it is where nobody gives it. */
export interface Setting {
  /** As commander reads it. */
  readonly flags: string;
  readonly description: string;
  /** The variable of the environment that takes the flag's place; a list has spaces between. */
  readonly variable: string;
  readonly isList?: true;
  /** What it is where a list is not given, in words. Default: none. */
  readonly without?: string;
  readonly fallback?: string;
}

export type SettingName = keyof Config;

/** Where the value of a setting comes from. */
export type Source =
  | { readonly kind: "flag" | "environment" | "file"; readonly name: string }
  | { readonly kind: "default" };

/** A setting that has a value, as texts: one, or any number of a list. */
export interface Settled {
  readonly values: readonly string[];
  readonly source: Source;
  /** What to call it in a sentence about what is wrong with it. */
  readonly where: string;
}

export type Settings = { readonly [Name in SettingName]?: Settled };

/** What the file says, as the texts that flags would say it with. A file of its own is seen from where the config is. */
function textsIn({ file, config }: LoadedConfig, name: SettingName): readonly string[] | null {
  const beside = (other: string) => (isAbsolute(other) ? other : join(dirname(file), other));
  const { reports } = config;
  switch (name) {
    case "reports":
      return reports
        ? Object.entries(reports).flatMap(([format, other]) =>
            other === undefined ? [] : [`${format}=${beside(other)}`],
          )
        : null;
    case "bundle":
    case "baseline": {
      const other = config[name];
      return other === undefined ? null : [beside(other)];
    }
    default: {
      const value = config[name];
      return value === undefined ? null : [value].flat().map(String);
    }
  }
}

function settledBy(
  name: SettingName,
  { flags, variable, isList, fallback }: Setting,
  { flag, environment, file }: Sources,
): Settled | null {
  const given = flag(name);
  const flagName = flags.split(" ")[0] ?? flags;
  if (given.length > 0) return { values: given, source: { kind: "flag", name: flagName }, where: flagName };
  const text = environment[variable]?.trim();
  if (text) {
    const values = isList ? text.split(/\s+/) : [text];
    return { values, source: { kind: "environment", name: variable }, where: variable };
  }
  const texts = file && textsIn(file, name);
  if (file && texts) {
    return { values: texts, source: { kind: "file", name: file.file }, where: `${file.file}: ${name}` };
  }
  return fallback === undefined ? null : { values: [fallback], source: { kind: "default" }, where: flagName };
}

/** Whatever a setting may come from. */
export interface Sources {
  /** What the flag was given; nothing where it was not. */
  readonly flag: (name: SettingName) => readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: LoadedConfig | null;
}

/** Decides what each setting is: by its flag, else by the environment, else by the file, else by default. A list is one's whole. */
export function settle(known: Readonly<Record<SettingName, Setting>>, sources: Sources): Settings {
  return Object.fromEntries(
    (Object.entries(known) as [SettingName, Setting][]).flatMap(([name, setting]) => {
      const settled = settledBy(name, setting, sources);
      return settled ? [[name, settled] as const] : [];
    }),
  );
}
