import { dirname, isAbsolute, join } from "node:path";
import type { z } from "zod";
import { formatNames } from "../report/formats.ts";
import type { LoadedConfig } from "./load-config.ts";
import { ConfigError } from "./read-config.ts";
import { type DeclaredSetting, listSettings, type Settings } from "./setting.ts";

/** Where the value of a setting was given, such as a flag. */
export type Source =
  | { readonly kind: "flag" | "environment" | "file"; readonly name: string }
  | { readonly kind: "default" };

/** The source of a value, and its text: one text, or several for a list. */
interface Resolution {
  readonly texts: readonly string[];
  readonly source: Source;
}

/** The sources of settings, highest precedence first. */
export interface Sources {
  /** Returns the values given with a flag; an empty list if the flag was not given. */
  readonly flag: (setting: DeclaredSetting) => readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: LoadedConfig | null;
}

/** The valid values of settings, and where each value comes from; `null` for a setting without a value. */
export interface ResolvedSettings<S extends Settings> {
  readonly values: z.infer<S>;
  readonly resolutions: { readonly [Name in keyof z.infer<S>]-?: Resolution | null };
}

/** Converts a value in a config file to texts. Relative paths are relative to the config file. */
function toTexts({ file }: LoadedConfig, { isPath }: DeclaredSetting, value: unknown): readonly string[] {
  const fromHere = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([format, path]) => `${format}=${fromHere(String(path))}`);
  }
  return [isPath ? fromHere(String(value)) : String(value)];
}

function findResolution(setting: DeclaredSetting, { flag, environment, file }: Sources): Resolution | null {
  const { name, flagName, variable, fallback, isList, isCredential } = setting;
  // `--api-key "$KEY"` must not hide the key in the environment when `KEY` is unset.
  const given = flag(setting).filter((text) => !isCredential || text !== "");
  if (given.length > 0) return { texts: given, source: { kind: "flag", name: flagName } };
  const text = variable === undefined ? undefined : environment[variable]?.trim();
  if (variable !== undefined && text) {
    const texts = isList ? text.split(/\s+/) : [text];
    return { texts, source: { kind: "environment", name: variable } };
  }
  const value = file ? (file.config as Readonly<Record<string, unknown>>)[name] : undefined;
  if (file && value !== undefined) {
    return { texts: toTexts(file, setting, value), source: { kind: "file", name: file.file } };
  }
  return fallback === undefined ? null : { texts: [fallback], source: { kind: "default" } };
}

/** Parses the entries of `--report`. @param where what to call the setting in an error @throws {ConfigError} `invalid` */
export const parseReports = (texts: readonly string[], where: string) =>
  texts.map((text) => {
    const [name, ...rest] = text.split("=");
    const file = rest.join("=");
    const format = formatNames.find((known) => known === name);
    if (format && file !== "") return { format, file };
    throw new ConfigError(
      "invalid",
      `${where} takes FORMAT=FILE, where FORMAT is one of ${formatNames.join(", ")}; got ${JSON.stringify(text)}.`,
    );
  });

function toValue({ schema, isList }: DeclaredSetting, texts: readonly string[], where: string): unknown {
  if (schema.def.type === "object") {
    return Object.fromEntries(parseReports(texts, where).map(({ format, file }) => [format, file]));
  }
  if (isList) return texts;
  const [text = ""] = texts;
  // Text that is not a number stays text, and the schema rejects it.
  return schema.def.type === "number" && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * Parses the texts of one setting.
 *
 * @param where what to call the setting in an error: its flag, variable or member
 * @throws {ConfigError} `invalid`
 */
export function parseSetting(setting: DeclaredSetting, texts: readonly string[], where: string): unknown {
  const value = toValue(setting, texts, where);
  const parsed = setting.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [index] = issue?.path ?? [];
  const wrong = typeof index === "number" ? texts[index] : texts[0];
  // Messages about a URL already show the part of the URL that is safe to show.
  const isShown = !setting.isCredential && issue?.code !== "custom";
  const message = isShown ? issue?.message.replace(/\.$/, `; got ${JSON.stringify(wrong)}.`) : issue?.message;
  throw new ConfigError("invalid", `${where} ${message}`);
}

function nameSource({ source }: Resolution, { flagName, name }: DeclaredSetting): string {
  switch (source.kind) {
    case "flag":
    case "environment":
      return source.name;
    case "file":
      return `${source.name}: ${name}`;
    case "default":
      return flagName;
  }
}

/**
 * Resolves every setting. The order of precedence is: flag, environment, config file, default. Lists are not
 * merged.
 *
 * @throws {ConfigError} `invalid`, naming the first invalid setting
 */
export function resolveSettings<S extends Settings>(settings: S, sources: Sources): ResolvedSettings<S> {
  const resolved = listSettings(settings).map((setting) => {
    const resolution = findResolution(setting, sources);
    const value = resolution && parseSetting(setting, resolution.texts, nameSource(resolution, setting));
    return { name: setting.name, resolution, value };
  });
  return {
    values: Object.fromEntries(
      resolved.flatMap(({ name, resolution, value }) => (resolution ? [[name, value]] : [])),
    ) as z.infer<S>,
    resolutions: Object.fromEntries(
      resolved.map(({ name, resolution }) => [name, resolution]),
    ) as ResolvedSettings<S>["resolutions"],
  };
}
