import type { SiteFile } from "./page.ts";

/** A part of a page that a search can find. */
interface Entry {
  /** The page and the fragment. */
  readonly to: string;
  /** The title of the page. */
  readonly page: string;
  /** The heading of the part; empty for the beginning of a page. */
  readonly heading: string;
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

const textOf = (markup: string): string =>
  markup
    .replace(/<(?:script|style)[\s\S]*?<\/(?:script|style)>|<a class="anchor"[^>]*>#<\/a>/g, " ")
    .replace(/<[^>]+>/g, " ")
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? "")
    .replace(/\s+/g, " ")
    .trim();

/** Splits a page at its headings, requirements and other link targets. */
function partsOf({ path, content }: SiteFile): Entry[] {
  const markup = String(content);
  const page = textOf(/<title>([\s\S]*?) · /.exec(markup)?.[1] ?? path);
  const article = /<article>([\s\S]*)<\/article>/.exec(markup)?.[1] ?? "";
  const pieces = article.split(/(?=<(?:h[234]|section|p class="requirement") ?[^>]*\bid=")/);
  return pieces.flatMap((piece): Entry[] => {
    const id = /^<(?:h[234]|section|p)[^>]*\bid="([^"]+)"/.exec(piece)?.[1];
    const heading = /^<h[234][^>]*>([\s\S]*?)<\/h[234]>/.exec(piece);
    const title = heading?.[1] ?? (id === undefined ? "" : id.toUpperCase());
    const text = textOf(heading ? piece.slice(heading[0].length) : piece);
    if (text === "" && title === "") return [];
    return [{ to: id ? `${path}#${id}` : path, page, heading: textOf(title), text }];
  });
}

/** Returns the script that holds what a search looks through. The page loads it with the first search. */
export function searchData(pages: readonly SiteFile[]): string {
  const entries = pages
    .filter(({ path }) => path.endsWith(".html"))
    .flatMap(partsOf)
    .map(({ to, page, heading, text }) => [to, page, heading, text]);
  return `window.SEARCH = ${JSON.stringify(entries).replaceAll("<", "\\u003c")};\n`;
}
