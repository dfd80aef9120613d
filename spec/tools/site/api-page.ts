import { html } from "@convergint/internal/html";
import { page, type SiteFile } from "./page.ts";

/** The only resource that Redoc would load from another host. The page replaces its URL. */
const REMOTE_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NO_IMAGE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

/**
 * Starts Redoc on the document above, always in light colours: in dark colours, parts of Redoc are
 * unreadable.
 */
const START = `
Redoc.init(window.OPENAPI, {
  disableSearch: false,
  hideDownloadButton: false,
  scrollYOffset: 56,
  expandResponses: "200,201",
  theme: {
    colors: { primary: { main: "#0b5cad" } },
    sidebar: { backgroundColor: "#f6f7f9" },
    rightPanel: { backgroundColor: "#1b2027" },
    typography: { fontFamily: "inherit", headings: { fontFamily: "inherit" }, code: { fontFamily: "ui-monospace, monospace" } },
  },
}, document.getElementById("redoc"));
`;

/**
 * Builds the API reference: Redoc with the OpenAPI document. Both are files of the site, so the page also
 * works from a local disk.
 *
 * @param redoc source of Redoc's standalone build
 */
export function apiPages(openapiYaml: string, openapi: unknown, redoc: string): SiteFile[] {
  const main = html`<h1 class="visually-hidden">API reference</h1>
<p class="download">OpenAPI 3.1: <a href="openapi.yaml" download>openapi.yaml</a></p>
<div id="redoc"></div>`;
  return [
    page({
      path: "api.html",
      title: "API reference",
      main,
      wide: true,
      scripts: ["openapi.js", "redoc.standalone.js", "api.js"],
    }),
    { path: "openapi.yaml", content: openapiYaml },
    {
      path: "openapi.js",
      content: `window.OPENAPI = ${JSON.stringify(openapi).replaceAll("<", "\\u003c")};\n`,
    },
    { path: "redoc.standalone.js", content: redoc.replaceAll(REMOTE_LOGO, NO_IMAGE) },
    { path: "api.js", content: START },
  ];
}
