import type { JsonText } from "./json-text.ts";

/** Python's own notation for values. A sender that does not serialise its values to JSON sends this notation. */

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** Quotes text like Python: in single quotes, unless the text contains single quotes but no double quotes. */
function quote(text: string, print: (character: string) => string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/./gsu, (character) =>
    character === mark ? `\\${character}` : (NAMED[character] ?? print(character)),
  );
  return `${mark}${inner}${mark}`;
}

/** Writes bytes as `b'…'`. */
export const toPythonBytes = (bytes: Uint8Array): string =>
  `b${quote(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""), (character) =>
    character >= " " && character <= "~" ? character : hex(character),
  )}`;

const toPythonText = (token: string): string =>
  quote(JSON.parse(token) as string, (character) =>
    character < " " || character === "\x7f" ? hex(character) : character,
  );

const CONSTANTS: Readonly<Record<string, string>> = { true: "True", false: "False", null: "None" };

/** Writes a JSON value as a dict or list. */
export function toPythonRepr(json: JsonText): string {
  if (json.kind === "array") return `[${json.items.map(toPythonRepr).join(", ")}]`;
  if (json.kind === "object") {
    return `{${json.members.map(([key, value]) => `${toPythonText(key)}: ${toPythonRepr(value)}`).join(", ")}}`;
  }
  return json.text.startsWith('"') ? toPythonText(json.text) : (CONSTANTS[json.text] ?? json.text);
}
