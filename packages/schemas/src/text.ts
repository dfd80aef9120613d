import { z } from "zod";

/** Characters as JSON Schema counts them: code points, of which a string may need two units for each. */
function countsBetween(text: string, least: number, most: number): boolean {
  if (text.length < least) return false;
  if (text.length > 2 * most) return false;
  if (text.length <= most && text.length >= 2 * least) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count >= least && count <= most;
}

/**
 * A text of so many characters. Zod's own `min` and `max` count UTF-16 units, which would refuse what a reader in
 * another language accepts.
 */
export function text(least: number, most: number) {
  const advice =
    least === 0
      ? `Send a text of at most ${most} characters.`
      : `Send a text of ${least} to ${most} characters.`;
  return z
    .string({ error: ({ input }) => (input === undefined ? `This field is required. ${advice}` : advice) })
    .refine((value) => countsBetween(value, least, most), { error: advice, abort: true })
    .meta({ ...(least > 0 ? { minLength: least } : {}), maxLength: most });
}
