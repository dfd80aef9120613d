import { escapeMarkup } from "./escape-markup.ts";
import { HEADLINE } from "./headline.ts";
import type { Report } from "./report.ts";

const HEIGHT = 20;
const PADDING = 6;
/** As wide as the widest system font sets small letters at 11 px; `textLength` does the rest. */
const CHARACTER = 6.4;

/** Dark enough for white text on it: a contrast of 4.5 at least. */
const GREEN = "#1a7f37";
const RED = "#b42318";
const GREY = "#57606a";

const widthOf = (text: string) => Math.round(text.length * CHARACTER) + 2 * PADDING;

/** A badge for a README, as SVG: the contract and what the run concluded. */
export function badge({ contract_version, conclusion, partial, profiles }: Report): string {
  const names = profiles.map(({ name }) => name).join(", ");
  const isCertified = conclusion === "certified" && !partial;
  const label = `vendor cloud ${contract_version}`;
  const value = isCertified ? `certified: ${names}` : HEADLINE[conclusion].toLowerCase();
  const colour = isCertified ? GREEN : conclusion === "not_conformant" ? RED : GREY;
  const [left, right] = [widthOf(label), widthOf(value)];
  const words = (text: string, x: number, width: number) =>
    `<text x="${x + PADDING}" y="14" textLength="${width - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">${escapeMarkup(text)}</text>`;
  const title = escapeMarkup(`${label}: ${value}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<clipPath id="r"><rect width="${left + right}" height="${HEIGHT}" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${left}" height="${HEIGHT}" fill="#24292f"/><rect x="${left}" width="${right}" height="${HEIGHT}" fill="${colour}"/></g>`,
    `<g fill="#fff" font-family="system-ui,sans-serif" font-size="11">${words(label, 0, left)}${words(value, left, right)}</g>`,
    "</svg>",
    "",
  ].join("\n");
}
