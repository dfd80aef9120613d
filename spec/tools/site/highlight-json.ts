import { type Html, html, raw } from "@convergint/internal/html";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** Wraps names, strings, numbers and literals of JSON in spans for syntax highlighting. */
export function highlightJson(text: string): Html {
  let written = "";
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon = "", number] = match;
    const kind = string ? (colon ? "name" : "string") : number ? "number" : "word";
    const token = string ?? whole;
    written += html`${text.slice(at, match.index)}<span class="${kind}">${token}</span>${colon}`.text;
    at = match.index + whole.length;
  }
  return raw(written + html`${text.slice(at)}`.text);
}
