/**
 * Reads a MAC address in any common writing: colons, hyphens, Cisco's dotted groups, or twelve bare digits.
 *
 * @returns `aa:bb:cc:dd:ee:ff`, or `null` where the text is not a 48-bit MAC address
 * @see spec/1.0/contract.md#devices
 */
export function canonicalMacAddress(text: string): string | null {
  const written = text.trim();
  const known =
    /^[0-9a-f]{12}$/i.test(written) ||
    /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}$/i.test(written) ||
    /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i.test(written);
  if (!known) return null;
  return (
    written
      .toLowerCase()
      .replace(/[.:-]/g, "")
      .match(/[0-9a-f]{2}/g) ?? []
  ).join(":");
}
