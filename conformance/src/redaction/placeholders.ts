const SIGNING_KEY = /^(whs(?:ec|k)_)(.+)$/;

/** Repeats a text until it has the given length. */
const repeatTo = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** Writes a number in lowercase letters. */
const toLetters = (index: number) =>
  [...index.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join("");

/**
 * Replaces each letter with a letter and each digit with a digit, so that format checks give the same result.
 */
function keepShape(secret: string, index: number): string {
  const letters = repeatTo(`${toLetters(index)}redacted`, secret.length);
  const digits = repeatTo(String(index).padStart(2, "0"), secret.length);
  return [...secret]
    .map((character, position) => {
      if (/[a-z]/.test(character)) return letters[position];
      if (/[A-Z]/.test(character)) return letters[position]?.toUpperCase();
      return /\d/.test(character) ? digits[position] : character;
    })
    .join("");
}

function createPlaceholder(secret: string, index: number): string {
  const [, prefix = "", encoded = secret] = SIGNING_KEY.exec(secret) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length < 16 || bytes.toString("base64") !== encoded) {
    return prefix + keepShape(encoded, index);
  }
  // Base64 of readable text with the same number of bytes.
  return prefix + Buffer.from(repeatTo(`redacted ${toLetters(index)} `, bytes.length)).toString("base64");
}

/**
 * Finds a longer secret that starts with the given secret, directly or after the prefix of a signing key.
 * Returns the corresponding part of the longer secret's placeholder.
 */
function findPart(made: ReadonlyMap<string, string>, secret: string): string | undefined {
  for (const [other, placeholder] of made) {
    const from = other.startsWith(secret) ? 0 : (SIGNING_KEY.exec(other)?.[1]?.length ?? 0);
    if (other.startsWith(secret, from)) return placeholder.slice(from, from + secret.length);
  }
  return undefined;
}

/**
 * Creates a unique placeholder for each secret, with the same length and shape. Checks that compare secrets,
 * search for secrets or sign with secrets give the same results with placeholders.
 *
 * @returns placeholders by secret, longest secret first
 */
export function createPlaceholders(secrets: readonly string[]): Map<string, string> {
  const made = new Map<string, string>();
  const taken = new Set(secrets);
  let index = 0;
  const longestFirst = [...new Set(secrets)].toSorted((one, other) => other.length - one.length);
  for (const secret of longestFirst) {
    // If the secret is part of another secret (such as a signing key without prefix or padding), uses the
    // same part of the other secret's placeholder.
    const whole = findPart(made, secret);
    let chosen = whole;
    for (let tries = 0; chosen === undefined || (whole === undefined && taken.has(chosen)); tries += 1) {
      // A secret without letters or digits has no other value of the same shape.
      if (tries > 100) break;
      chosen = createPlaceholder(secret, index);
      index += 1;
    }
    taken.add(chosen ?? secret);
    made.set(secret, chosen ?? secret);
  }
  return made;
}
