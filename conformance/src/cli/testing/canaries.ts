/** Decodes one level of JSON, URL and HTML escapes. */
const decodeEscapes = (text: string): string =>
  text
    .replaceAll(/\\+u00([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#x([0-9a-f]+);?/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d+);?/g, (_, decimal: string) => String.fromCharCode(Number(decimal)))
    .replaceAll("&amp;", "&")
    .replaceAll(/\\+(?=[/"])/g, "");

/** Decodes every sequence of base64 or hex characters, starting at every offset. Decodes repeated sequences once. */
function decode(text: string): string {
  const runs = [...new Set(text.match(/[A-Za-z0-9+/_-]{12,}/g))];
  const base64 = runs.flatMap((run) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), "base64").toString("latin1")),
  );
  // The characters of hex are also characters of base64.
  const hex = runs
    .flatMap((run) => run.match(/(?:[0-9a-f]{2}){8,}/gi) ?? [])
    .flatMap((run) => [0, 1].map((from) => Buffer.from(run.slice(from), "hex").toString("latin1")));
  return [...base64, ...hex].join("\n");
}

/** Lists a text and its decodings, up to three levels deep, each once. */
function listReadings(text: string): string[] {
  const once = decodeEscapes(text);
  const twice = once === text ? once : decodeEscapes(once);
  const plain = twice === once ? twice : decodeEscapes(twice);
  const inside = decode(plain);
  const outside = plain === text ? inside : decode(text);
  return [...new Set([text, once, twice, plain, outside, inside, decode(inside)])];
}

const PIECE_LENGTH = 8;

/** Returns the pieces that occur in a text. Looks at each place once, however many pieces there are. */
function findPieces(text: string, pieces: ReadonlySet<string>): string[] {
  /** Whether some piece starts with these two characters: the fastest test that rules out most places. */
  const starts = new Uint8Array(0x10000);
  const at = (of: string, place: number) =>
    ((of.charCodeAt(place) & 0xff) << 8) | (of.charCodeAt(place + 1) & 0xff);
  for (const piece of pieces) starts[at(piece, 0)] = 1;
  const found = new Set<string>();
  for (let place = 0; place + PIECE_LENGTH <= text.length; place += 1) {
    if (starts[at(text, place)] !== 1) continue;
    const piece = text.slice(place, place + PIECE_LENGTH);
    if (pieces.has(piece)) found.add(piece);
  }
  return [...found];
}

/**
 * Finds the test's secrets in a text, in any encoding. Searches for the middle eight characters of each
 * secret.
 */
export function findCanaries(text: string, canaries: readonly string[]): string[] {
  const pieceOf = (canary: string) => {
    const middle = Math.floor(canary.length / 2);
    return canary.slice(middle - PIECE_LENGTH / 2, middle + PIECE_LENGTH / 2);
  };
  const pieces = new Set(canaries.map(pieceOf));
  const short = [...pieces].filter(({ length }) => length !== PIECE_LENGTH);
  if (short.length > 0) throw new Error(`A canary has at least ${PIECE_LENGTH} characters.`);
  const found = new Set(listReadings(text).flatMap((reading) => findPieces(reading, pieces)));
  return canaries.filter((canary) => found.has(pieceOf(canary)));
}

const encodeEach = (text: string, write: (hex: string) => string) =>
  [...text].map((letter) => write(letter.charCodeAt(0).toString(16).padStart(2, "0"))).join("");

/** Ways in which vendors leak secrets. */
export const LEAKS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => `invalid token ${secret}.`,
  "in JSON": (secret) => JSON.stringify({ note: { seen: secret } }),
  "JSON in JSON": (secret) => JSON.stringify({ log: JSON.stringify({ seen: secret }) }),
  "JSON, every letter escaped": (secret) => `{"seen":"${encodeEach(secret, (hex) => `\\u00${hex}`)}"}`,
  "JSON cut off, one letter escaped": (secret) =>
    `{"seen":"${encodeEach(secret.slice(0, 1), (hex) => `\\u00${hex.toUpperCase()}`)}${secret.slice(1)}`,
  "a URL": (secret) => `https://vendor.example/?key=${encodeURIComponent(secret)}&page=2`,
  "a URL, every letter encoded": (secret) => encodeEach(secret, (hex) => `%${hex}`),
  "a URL in a URL": (secret) => encodeURIComponent(`/login?next=${encodeEach(secret, (hex) => `%${hex}`)}`),
  base64: (secret) => Buffer.from(`user:${secret}`).toString("base64"),
  "base64 in a URL": (secret) => encodeURIComponent(Buffer.from(secret).toString("base64")),
  base64url: (secret) => Buffer.from(`a${secret}`).toString("base64url"),
  hex: (secret) => Buffer.from(secret).toString("hex"),
  HTML: (secret) => `<p title="${[...secret].map((letter) => `&#${letter.charCodeAt(0)};`).join("")}">`,
};

/** Writes a secret in every way that {@link LEAKS} lists. */
export const leakInto = (secret: string): string =>
  Object.values(LEAKS)
    .map((write) => write(secret))
    .join(" | ");
