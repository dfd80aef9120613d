import { hash } from "node:crypto";

const KEY_HEX_DIGITS = 32;
const DAY_MS = 86_400_000;

/** By what an event is known again: 16 bytes as hexadecimal digits, for a long key would make the ledger slow. */
export const eventKey = (source: string, eventId: string): string =>
  hash("sha256", JSON.stringify([source, eventId]), "hex").slice(0, KEY_HEX_DIGITS);

/** Days since 1970, as the ledger counts. */
export const dayOf = (at: string): number => Math.floor(Date.parse(at) / DAY_MS);
