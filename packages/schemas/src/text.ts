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
 *
 * @param otherwise what may be sent in its place, for the message of who sends neither
 */
export function text(least: number, most: number, otherwise = "") {
  const length = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  const advice = `Send a text of ${length} characters${otherwise}.`;
  return z
    .string({ error: ({ input }) => (input === undefined ? `This field is required. ${advice}` : advice) })
    .refine((value) => countsBetween(value, least, most), { error: advice, abort: true })
    .meta({ ...(least > 0 ? { minLength: least } : {}), maxLength: most });
}
