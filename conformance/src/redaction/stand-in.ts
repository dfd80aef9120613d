const SIGNING_KEY = /^(whs(?:ec|k)_)(.+)$/;

/** Text over and over, as far as it is needed. */
const filled = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** A number as small letters, so that it can stand where letters stand. */
const lettered = (index: number) =>
  [...index.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join("");

/** Letters for letters and digits for digits: what it looks like to a check stays as it was. */
function ofTheSameShape(secret: string, index: number): string {
  const letters = filled(`${lettered(index)}redacted`, secret.length);
  const digits = filled(String(index).padStart(2, "0"), secret.length);
  return [...secret]
    .map((character, position) => {
      if (/[a-z]/.test(character)) return letters[position];
      if (/[A-Z]/.test(character)) return letters[position]?.toUpperCase();
      return /\d/.test(character) ? digits[position] : character;
    })
    .join("");
}

function standIn(secret: string, index: number): string {
  const [, prefix = "", encoded = secret] = SIGNING_KEY.exec(secret) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length < 16 || bytes.toString("base64") !== encoded) {
    return prefix + ofTheSameShape(encoded, index);
  }
  // Base64 of as many bytes, and whoever decodes it reads what it is.
  return prefix + Buffer.from(filled(`redacted ${lettered(index)} `, bytes.length)).toString("base64");
}

/** The stand-in of a secret that begins as a longer one does, or as a signing key does behind its prefix. */
function partOf(made: ReadonlyMap<string, string>, secret: string): string | undefined {
  for (const [other, standIn] of made) {
    const from = other.startsWith(secret) ? 0 : (SIGNING_KEY.exec(other)?.[1]?.length ?? 0);
    if (other.startsWith(secret, from)) return standIn.slice(from, from + secret.length);
  }
  return undefined;
}

/**
 * Makes a stand-in for each secret: as long, of the same shape, told apart from every other. So whatever compares
 * secrets, looks for them or signs with them comes out as it did.
 *
 * @returns stand-in by secret, the longest secret first
 */
export function standInsFor(secrets: readonly string[]): Map<string, string> {
  const made = new Map<string, string>();
  const taken = new Set(secrets);
  let index = 0;
  const longestFirst = [...new Set(secrets)].toSorted((one, other) => other.length - one.length);
  for (const secret of longestFirst) {
    // A part of another, such as a signing key without its prefix or its padding: of its stand-in it is the same part.
    const whole = partOf(made, secret);
    let chosen = whole;
    for (let tries = 0; chosen === undefined || (whole === undefined && taken.has(chosen)); tries += 1) {
      // A secret without a letter or digit stands for nothing that could be hidden.
      if (tries > 100) break;
      chosen = standIn(secret, index);
      index += 1;
    }
    taken.add(chosen ?? secret);
    made.set(secret, chosen ?? secret);
  }
  return made;
}
