/** Functions that write JSON strings. Each function imitates the default of one language. */

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const escapedInCapitals = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/g;

/** Writes strings like Python and other serialisers that write only ASCII. */
export const ascii = (text: string): string => JSON.stringify(text).replace(NOT_PRINTABLE_ASCII, escaped);

export const asciiInCapitals = (text: string): string =>
  JSON.stringify(text).replace(NOT_PRINTABLE_ASCII, escapedInCapitals);

/** Writes strings like Go and Rails. */
export const go = (text: string): string => JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escaped);

/** Writes strings like System.Text.Json. */
export const dotnet = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', "\\u0022")
    .replace(/[<>&'+`]|[^\x20-\x7e]/g, escapedInCapitals)
    .replace(/^.*$/s, '"$&"');

/** Writes strings like PHP. */
export const php = (text: string): string => ascii(text).replaceAll("/", "\\/");

/** Writes strings like PHP with JSON_UNESCAPED_UNICODE. */
export const phpUnicode = (text: string): string => JSON.stringify(text).replaceAll("/", "\\/");
