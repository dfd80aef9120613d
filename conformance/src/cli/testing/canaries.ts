/** Undoes escapes of JSON, URLs and HTML, once. */
const unescaped = (text: string): string =>
  text
    .replaceAll(/\\+u00([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#x([0-9a-f]+);?/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d+);?/g, (_, decimal: string) => String.fromCharCode(Number(decimal)))
    .replaceAll("&amp;", "&")
    .replaceAll(/\\+(?=[/"])/g, "");

/** What runs of base64 and hex say, whatever they start in the middle of. */
function decoded(text: string): string {
  const runs = text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? [];
  const base64 = runs.flatMap((run) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), "base64").toString("latin1")),
  );
  const hex = (text.match(/(?:[0-9a-f]{2}){8,}/gi) ?? []).flatMap((run) =>
    [0, 1].map((from) => Buffer.from(run.slice(from), "hex").toString("latin1")),
  );
  return [...base64, ...hex].join("\n");
}

/** The text, and whatever it says when it is decoded, thrice over. */
function readings(text: string): string[] {
  const once = unescaped(text);
  const plain = [text, once, unescaped(once), unescaped(unescaped(once))];
  const inside = decoded(plain.at(-1) ?? "");
  return [...plain, decoded(text), inside, decoded(inside)];
}

/** The canaries that sing in a text, however they are written there; by any eight letters of their middle. */
export function singing(text: string, canaries: readonly string[]): string[] {
  const said = readings(text);
  return canaries.filter((canary) => {
    const middle = Math.floor(canary.length / 2);
    const piece = canary.slice(middle - 4, middle + 4);
    return said.some((reading) => reading.includes(piece));
  });
}

const letterByLetter = (text: string, write: (hex: string) => string) =>
  [...text].map((letter) => write(letter.charCodeAt(0).toString(16).padStart(2, "0"))).join("");

/** The ways in which vendors have been seen to let a secret slip. */
export const SLIPS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => `invalid token ${secret}.`,
  "in JSON": (secret) => JSON.stringify({ note: { seen: secret } }),
  "JSON in JSON": (secret) => JSON.stringify({ log: JSON.stringify({ seen: secret }) }),
  "JSON, every letter escaped": (secret) => `{"seen":"${letterByLetter(secret, (hex) => `\\u00${hex}`)}"}`,
  "JSON cut off, one letter escaped": (secret) =>
    `{"seen":"${letterByLetter(secret.slice(0, 1), (hex) => `\\u00${hex.toUpperCase()}`)}${secret.slice(1)}`,
  "a URL": (secret) => `https://vendor.example/?key=${encodeURIComponent(secret)}&page=2`,
  "a URL, every letter encoded": (secret) => letterByLetter(secret, (hex) => `%${hex}`),
  "a URL in a URL": (secret) =>
    encodeURIComponent(`/login?next=${letterByLetter(secret, (hex) => `%${hex}`)}`),
  base64: (secret) => Buffer.from(`user:${secret}`).toString("base64"),
  "base64 in a URL": (secret) => encodeURIComponent(Buffer.from(secret).toString("base64")),
  base64url: (secret) => Buffer.from(`a${secret}`).toString("base64url"),
  hex: (secret) => Buffer.from(secret).toString("hex"),
  HTML: (secret) => `<p title="${[...secret].map((letter) => `&#${letter.charCodeAt(0)};`).join("")}">`,
};

/** A text in which a secret is written in all those ways. */
export const slippedIn = (secret: string): string =>
  Object.values(SLIPS)
    .map((write) => write(secret))
    .join(" | ");
