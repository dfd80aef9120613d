/** Matches any escape; texts without escapes are skipped. */
const ANY_ESCAPE = /\\u00[2-7]|%(?:25)*[2-7]|&#|\\\//;

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const anyCase = (hex: string) => hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** Builds a pattern for one character: verbatim, or escaped once or several times for JSON, URLs or HTML. */
function patternOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, "0"));
  const alternatives = [
    literal(character),
    // Bounded, because an unbounded run of backslashes takes quadratic time.
    `\\\\{1,8}u00${hex}`,
    `%(?:25)*${hex}`,
    `&#0*${code};?`,
    `&#[xX]0*${hex};?`,
    ...(character === "/" ? ["\\\\{1,8}/"] : []),
  ];
  return `(?:${alternatives.join("|")})`;
}

/**
 * Creates a function that replaces secrets in which any of the characters are escaped. There are too many
 * combinations to list them as encodings.
 *
 * @param pairs pairs of a secret and its placeholder, in ASCII
 */
export function createEscapedReplacer(
  pairs: readonly (readonly [string, string])[],
): (text: string) => string {
  let patterns: readonly (readonly [RegExp, string])[] | null = null;
  return (text) => {
    if (!ANY_ESCAPE.test(text)) return text;
    // Compiled on first use; most runs never need them.
    patterns ??= pairs.map(([secret, placeholder]) => [
      new RegExp([...secret].map(patternOf).join(""), "g"),
      placeholder,
    ]);
    return patterns.reduce(
      (rest, [pattern, placeholder]) =>
        // A placeholder inside a URL must be URL-safe as well.
        rest.replaceAll(pattern, (found) =>
          found.includes("%") ? encodeURIComponent(placeholder) : placeholder,
        ),
      text,
    );
  };
}
