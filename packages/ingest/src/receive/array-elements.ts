import { endOfString } from "./strict-json.ts";

const QUOTE = 0x22;

/**
 * Takes a JSON array apart, each element as it stands in the text: parsing and writing it anew would round its numbers.
 *
 * @param text a JSON array, valid
 */
export function arrayElements(text: string): string[] {
  const elements: string[] = [];
  const begin = text.indexOf("[") + 1;
  let depth = 0;
  let start = begin;
  for (let index = begin; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (depth > 0 && (code === 0x7d || code === 0x5d)) depth -= 1;
    else if (depth === 0 && (code === 0x2c || code === 0x5d)) {
      const element = text.slice(start, index).trim();
      if (element !== "") elements.push(element);
      start = index + 1;
      if (code === 0x5d) break;
    }
  }
  return elements;
}
