import type { Source } from "../config/resolve-settings.ts";
import { listSettings } from "../config/setting.ts";
import { vendorSettings } from "../config/vendor-settings.ts";
import type { RunSettings } from "./options.ts";

const describeSource = (source: Source): string => (source.kind === "default" ? "default" : source.name);

/** Renders the effective settings of a run and their sources. Never shows a credential. */
export function renderConfig(
  { resolutions, configFile }: RunSettings,
  { json }: { readonly json: boolean },
): string {
  const rows = listSettings(vendorSettings).map((setting) => ({
    ...setting,
    resolution: resolutions[setting.name as keyof typeof resolutions],
  }));
  if (json) {
    const settings = rows.flatMap(({ name, isCredential, resolution }) =>
      isCredential ? [] : [[name, { values: resolution?.texts ?? null, set_by: resolution?.source ?? null }]],
    );
    const credentials = rows.flatMap(({ name, isCredential, resolution }) =>
      isCredential ? [[name, { set_by: resolution ? describeSource(resolution.source) : null }]] : [],
    );
    const document = {
      config_file: configFile,
      settings: Object.fromEntries(settings),
      credentials: Object.fromEntries(credentials),
    };
    return `${JSON.stringify(document, null, 2)}\n`;
  }
  const line = (name: string, text: string) => `${name.padEnd(18)}${text}\n`;
  return [
    line("config file", configFile ?? "none"),
    ...rows.map(({ name, flag, variable, isCredential, resolution }) => {
      if (!resolution) return line(name, `not set (${flag}, ${variable})`);
      const by = `set by ${describeSource(resolution.source)}`;
      return line(name, isCredential ? by : `${resolution.texts.join(" ")}   (${by})`);
    }),
  ].join("");
}
