/**
 * Checks whether a text is a valid id of a delivery: 1 to 256 visible ASCII characters without a dot.
 *
 * The signed message is `id.timestamp.body`. A dot in the id would make it ambiguous: an old delivery would verify as
 * another one, with another id, a recent timestamp and the rest of its body.
 */
export const isDeliveryId = (text: string): boolean => /^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(text);
