import { extname } from "node:path";
import type { Config } from "./config.ts";

/**
 * Renders a config file in the language of its extension. TypeScript imports only a type, so the file loads even if the
 * package is not installed.
 */
export function renderConfig(file: string, config: Config): string {
  const json = JSON.stringify(config, null, 2);
  switch (extname(file)) {
    case ".json":
      return `${json}\n`;
    case ".ts":
      return `import type { Config } from "@convergint/conformance";\n\nexport default ${toJavaScript(json)} satisfies Config;\n`;
    default:
      return `export default ${toJavaScript(json)};\n`;
  }
}

/** Converts JSON to JavaScript with unquoted names and trailing commas. */
const toJavaScript = (json: string): string =>
  json.replaceAll(/^(\s*)"([A-Za-z]\w*)": /gm, "$1$2: ").replaceAll(/([^{[,])$(?=\n\s*[}\]])/gm, "$1,");
