import { extname } from "node:path";
import type { Config } from "./config.ts";

/**
 * The text of a config file, in the language that its name says.
 *
 * TypeScript imports a type alone: that is stripped, so the file loads also where the package is not installed.
 */
export function writeConfig(file: string, config: Config): string {
  const json = JSON.stringify(config, null, 2);
  switch (extname(file)) {
    case ".json":
      return `${json}\n`;
    case ".ts":
      return `import type { Config } from "@convergint/conformance";\n\nexport default ${asWritten(json)} satisfies Config;\n`;
    default:
      return `export default ${asWritten(json)};\n`;
  }
}

/** JSON as a person would write it in JavaScript: names without quotes. */
const asWritten = (json: string): string =>
  json.replaceAll(/^(\s*)"([A-Za-z]\w*)": /gm, "$1$2: ").replaceAll(/([^{[,])$(?=\n\s*[}\]])/gm, "$1,");
