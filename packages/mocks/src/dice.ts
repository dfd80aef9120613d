/** Chance that always falls the same way: every draw depends on the seed and its own label, on nothing drawn before. */
export interface Dice {
  /** Lower-case hex digits. */
  hex(label: string, length: number): string;
  /** A UUID (version 8, RFC 9562: made from a hash). */
  uuid(label: string): string;
  /** A whole number from 0 up to, not including, `bound`. */
  below(label: string, bound: number): number;
  /** A webhook secret: `whsec_` and the base64 of 32 bytes. */
  secret(label: string): string;
}

/** FNV-1a with the finish of MurmurHash3, in 32 bits. Spreads well; keeps nothing secret, which no test needs. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** @param seed which world the dice belong to */
export function createDice(seed: number): Dice {
  // The part's number stands in front: two labels that meet in one part must not meet in all of them.
  const word = (label: string, part: number) => hash(`${part}/${seed}/${label}`);
  const hex = (label: string, length: number) => {
    const parts = Array.from({ length: Math.ceil(length / 8) }, (_, part) => word(label, part));
    return parts
      .map((part) => part.toString(16).padStart(8, "0"))
      .join("")
      .slice(0, length);
  };
  return {
    hex,
    below: (label, bound) => word(label, 0) % bound,
    uuid(label) {
      const digits = hex(label, 32);
      const variant = "89ab"[Number.parseInt(digits.charAt(16), 16) % 4];
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `8${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20),
      ].join("-");
    },
    secret(label) {
      const bytes = hex(label, 64).match(/../g) ?? [];
      return `whsec_${btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))))}`;
    },
  };
}
