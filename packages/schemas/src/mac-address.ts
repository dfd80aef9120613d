import { text } from "./text.ts";

const OCTETS = /^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}$/;
const CISCO = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/;
const BARE = /^[0-9a-f]{12}$/;

/**
 * Normalizes a MAC address in any common notation: colons or hyphens, Cisco's dotted groups, or twelve bare
 * digits. With colons or hyphens, an octet may lack its leading zero, as in the output of `arp`.
 *
 * @returns `aa:bb:cc:dd:ee:ff`, or `null` if the text is not a 48-bit MAC address
 * @see spec/1.0/contract.md#values-as-vendors-write-them
 */
export function canonicalMacAddress(text: string): string | null {
  const written = text.trim().toLowerCase();
  if (OCTETS.test(written)) {
    return written
      .split(/[:-]/)
      .map((octet) => octet.padStart(2, "0"))
      .join(":");
  }
  if (!CISCO.test(written) && !BARE.test(written)) return null;
  return (written.replaceAll(".", "").match(/../g) ?? []).join(":");
}

/**
 * A MAC address on the wire. Keeps an unreadable address
 * unchanged, so that the device stays in the inventory.
 */
export const macAddressSchema = text(0, 64)
  .overwrite((written) => canonicalMacAddress(written) ?? written)
  .meta({ description: "MAC address in any common notation.", examples: ["00:11:22:aa:bb:cc"] });
