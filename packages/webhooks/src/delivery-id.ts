/**
 * Tells whether a text can be the id of a delivery: 1 to 256 visible ASCII characters without a dot.
 *
 * What is signed is `id.timestamp.body`. With a dot in the id the borders could be moved: a delivery of long ago would
 * verify as another one, with another id, a fresh timestamp and the rest of its body.
 */
export const isDeliveryId = (text: string): boolean => /^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(text);
