import { z } from "zod";

/** How users can give a setting, other than by its name in the config file. */
export interface SettingInfo {
  /** The flag in commander's notation, such as `--target <url>`. */
  readonly flag: string;
  readonly description: string;
  /** The environment variable, if any; lists are separated by spaces. */
  readonly variable?: string;
  /** The default value, as text. */
  readonly fallback?: string;
  /** Describes what happens if no value is given, for a setting without a fallback. */
  readonly otherwise?: string;
  /**
   * Whether the value is secret or part of a login. Such a value is never printed and not allowed in a config
   * file.
   */
  readonly isCredential?: true;
  /** Whether the value is a path. A relative path in a config file is relative to that file. */
  readonly isPath?: true;
}

const registry = z.registry<SettingInfo>();

/** Declares a setting: the schema of its value, and how users can give it. */
export function setting<T extends z.ZodType>(schema: T, info: SettingInfo): z.ZodOptional<T> {
  const optional = schema.optional();
  registry.add(optional, info);
  return optional;
}

/** A set of settings; create each member with {@link setting}. */
export type Settings = z.ZodObject<Record<string, z.ZodOptional<z.ZodType>>>;

/** A declared setting. */
export interface DeclaredSetting extends SettingInfo {
  /** The setting's name in the config file. */
  readonly name: string;
  /** The flag without its placeholder, such as `--target`. */
  readonly flagName: string;
  readonly schema: z.ZodType;
  /** Whether the setting can be given several times. */
  readonly isList: boolean;
}

/** Lists the declared settings, in order. */
export function listSettings(settings: Settings): readonly DeclaredSetting[] {
  return Object.entries(settings.shape).map(([name, member]) => {
    const info = registry.get(member);
    if (!info) throw new Error(`${name} was not declared with setting()`);
    const schema = member.unwrap() as z.ZodType;
    const { type } = schema.def;
    return {
      ...info,
      name,
      flagName: info.flag.split(" ")[0] ?? info.flag,
      schema,
      isList: type === "array" || type === "object",
    };
  });
}

/** Returns one declared setting. */
export function getSetting(settings: Settings, name: string): DeclaredSetting {
  const found = listSettings(settings).find((each) => each.name === name);
  if (!found) throw new Error(`there is no setting ${name}`);
  return found;
}
