import { listSettings, type Settings } from "./setting.ts";

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/** Renders the README's table of settings. @param hasConfigFile whether to name the members of the config file */
export function renderSettingsTable(
  settings: Settings,
  { hasConfigFile }: { readonly hasConfigFile: boolean },
): string {
  const rows = listSettings(settings).map((setting) => {
    const { name, flag, variable, description, fallback, otherwise, isCredential } = setting;
    const standard = fallback === undefined ? (otherwise ?? "") : code(fallback);
    return [
      code(flag),
      variable === undefined ? "" : code(variable),
      ...(hasConfigFile ? [isCredential ? "" : code(name)] : []),
      description,
      standard,
    ];
  });
  const titles = ["flag", "variable", ...(hasConfigFile ? ["config file"] : []), "meaning", "default"];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), `|${"---|".repeat(titles.length)}`, ...rows.map(line)].join("\n");
}

/** Replaces the generated tables in a README. */
export function updateTables(readme: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const section = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!section.test(text)) throw new Error(`the README has no section ${name}`);
    return text.replace(section, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  }, readme);
}
