/** Where no letter is escaped, none need be looked for. */
const ESCAPES = /\\+u00[2-7]|%(?:25)*[2-7]|&#|\\\//;

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const anyCase = (hex: string) => hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** One character as it may be written: as it is, or escaped as JSON, URLs and HTML allow, several times over too. */
function writtenAs(character: string): string {
  const code = character.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, "0"));
  const ways = [
    literal(character),
    `\\\\+u00${hex}`,
    `%(?:25)*${hex}`,
    `&#0*${code};?`,
    `&#[xX]0*${hex};?`,
    ...(character === "/" ? ["\\\\+/"] : []),
  ];
  return `(?:${ways.join("|")})`;
}

/**
 * Makes a function that replaces secrets of which single letters are escaped, which no list of writings has: each letter
 * may or may not be.
 *
 * @param pairs secret and stand-in, in ASCII
 */
export function speltOut(pairs: readonly (readonly [string, string])[]): (text: string) => string {
  let patterns: readonly (readonly [RegExp, string])[] | null = null;
  return (text) => {
    if (!ESCAPES.test(text)) return text;
    // Few runs ever need them.
    patterns ??= pairs.map(([secret, standIn]) => [
      new RegExp([...secret].map(writtenAs).join(""), "g"),
      standIn,
    ]);
    return patterns.reduce(
      (rest, [pattern, standIn]) =>
        // What stood in a URL must still be able to.
        rest.replaceAll(pattern, (found) => (found.includes("%") ? encodeURIComponent(standIn) : standIn)),
      text,
    );
  };
}
