import { findStringEnd } from "./strict-json.ts";

const QUOTE = 0x22;

/**
 * Splits a JSON array into the texts of its elements. Parsing and re-serializing the elements would round
 * their numbers.
 *
 * @param text a valid JSON array
 */
export function splitJsonArray(text: string): string[] {
  const elements: string[] = [];
  const begin = text.indexOf("[") + 1;
  let depth = 0;
  let start = begin;
  for (let index = begin; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = findStringEnd(text, index);
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
