/** Returns the next character of the same kind: letters stay letters of the same case, digits stay digits. */
function nextOf(character: string): string | null {
  if (/[a-y]|[A-Y]|[0-8]/.test(character)) return String.fromCharCode(character.charCodeAt(0) + 1);
  const first = { z: "a", Z: "A", 9: "0" }[character];
  return first ?? null;
}

/**
 * Changes one character of a cursor or sync token, so that its vendor did not issue it. Starts in the middle: the last
 * character of base64 has bits that mean nothing.
 *
 * @param issued what the vendor is known to have issued
 * @returns `null` if there is no such change
 */
export function changeOneCharacter(token: string, issued: readonly string[]): string | null {
  const middle = Math.floor((token.length - 1) / 2);
  for (let place = middle; place >= 0; place -= 1) {
    const next = nextOf(token[place] ?? "");
    if (next === null) continue;
    const altered = token.slice(0, place) + next + token.slice(place + 1);
    if (!issued.includes(altered)) return altered;
  }
  return null;
}
