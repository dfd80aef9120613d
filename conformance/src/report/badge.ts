import { html } from "@convergint/internal/html";
import { HEADLINE } from "./conclusion.ts";
import type { Report } from "./report.ts";

const HEIGHT = 20;
const PADDING = 6;
/**
 * Character width of the widest system font at 11 px; `textLength` stretches narrower fonts to this width.
 */
const CHARACTER_WIDTH = 6.4;

/** White text on these colors has a contrast of at least 4.5. */
const GREEN = "#1a7f37";
const RED = "#b42318";
const GREY = "#57606a";

const measureWidth = (text: string) => Math.round(text.length * CHARACTER_WIDTH) + 2 * PADDING;

/** Renders an SVG badge for a README: the contract version and the conclusion. */
export function renderBadge({ contract_version, conclusion, partial, profiles }: Report): string {
  const names = profiles.map(({ name }) => name).join(", ");
  const isCertified = conclusion === "certified" && !partial;
  const label = `vendor cloud ${contract_version}`;
  const value = isCertified ? `certified: ${names}` : HEADLINE[conclusion].toLowerCase();
  const color = isCertified ? GREEN : conclusion === "not_conformant" ? RED : GREY;
  const [left, right] = [measureWidth(label), measureWidth(value)];
  const renderText = (text: string, x: number, width: number) =>
    html`<text x="${x + PADDING}" y="14" textLength="${width - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
  const title = `${label}: ${value}`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${title}">
<title>${title}</title>
<clipPath id="r"><rect width="${left + right}" height="${HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="${HEIGHT}" fill="#24292f"/><rect x="${left}" width="${right}" height="${HEIGHT}" fill="${color}"/></g>
<g fill="#fff" font-family="system-ui,sans-serif" font-size="11">${renderText(label, 0, left)}${renderText(value, left, right)}</g>
</svg>
`.text;
}
