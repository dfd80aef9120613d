import { createRequire } from "node:module";
import { type Html, html, raw } from "@convergint/internal/html";

/** The part of highlight.js that is used. Its types would add the names of browsers to the whole repository. */
interface Highlighter {
  registerLanguage(name: string, grammar: unknown): void;
  getLanguage(name: string): unknown;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
}
const require = createRequire(import.meta.url);
const hljs = require("highlight.js/lib/common") as Highlighter;
for (const name of ["dockerfile", "http"])
  hljs.registerLanguage(name, require(`highlight.js/lib/languages/${name}`));

/** The name that a code block shows for its language, by the word after its fence or the ending of its file. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  bash: "Shell",
  sh: "Shell",
  cs: "C#",
  go: "Go",
  http: "HTTP",
  java: "Java",
  js: "JavaScript",
  mjs: "JavaScript",
  json: "JSON",
  py: "Python",
  python: "Python",
  sql: "SQL",
  toml: "TOML",
  ts: "TypeScript",
  typescript: "TypeScript",
  xml: "XML",
  yaml: "YAML",
  yml: "YAML",
};

/** Returns the name of a language, or an empty text for one without a name. */
export const languageName = (language: string): string => LANGUAGE_NAMES[language] ?? "";

/** Marks the words of a text for colours. A language without a grammar stays plain text. */
export function highlight(code: string, language: string): Html {
  if (!hljs.getLanguage(language)) return html`${code}`;
  return raw(hljs.highlight(code, { language, ignoreIllegals: true }).value);
}
