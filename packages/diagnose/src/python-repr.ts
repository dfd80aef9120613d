import type { JsonText } from "./json-text.ts";

/** How Python prints values that nobody made JSON of. */

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** Python prefers single quotes, unless there are some inside and no double ones. */
function quoted(text: string, print: (character: string) => string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/./gsu, (character) =>
    character === quote ? `\\${character}` : (NAMED[character] ?? print(character)),
  );
  return `${quote}${inner}${quote}`;
}

/** Bytes, as `b'…'`. */
export const pythonBytes = (bytes: Uint8Array): string =>
  `b${quoted(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""), (character) =>
    character >= " " && character <= "~" ? character : hex(character),
  )}`;

const pythonText = (token: string): string =>
  quoted(JSON.parse(token) as string, (character) =>
    character < " " || character === "\x7f" ? hex(character) : character,
  );

const CONSTANTS: Readonly<Record<string, string>> = { true: "True", false: "False", null: "None" };

/** What JSON stands for, as a dict or list. */
export function pythonRepr(json: JsonText): string {
  if (json.kind === "array") return `[${json.items.map(pythonRepr).join(", ")}]`;
  if (json.kind === "object") {
    return `{${json.members.map(([key, value]) => `${pythonText(key)}: ${pythonRepr(value)}`).join(", ")}}`;
  }
  return json.text.startsWith('"') ? pythonText(json.text) : (CONSTANTS[json.text] ?? json.text);
}
