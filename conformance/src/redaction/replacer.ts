import { anyOf } from "./any-of.ts";
import type { Writing } from "./writings.ts";

/** Makes a function that replaces all writings of secrets in a text, in one pass. */
export function replacer(writings: readonly Writing[]): (text: string) => string {
  if (writings.length === 0) return (text) => text;
  const byWriting = new Map(writings.map(({ secret, standIn }) => [secret, standIn]));
  const any = anyOf([...byWriting.keys()]);
  return (text) => text.replaceAll(any, (found) => byWriting.get(found) ?? found);
}
