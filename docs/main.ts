import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { buildSite } from "./site/build-site.ts";

const ROOT = new URL("../", import.meta.url);

new Command("site")
  .description("Build the documentation site, which also works from a local disk.")
  .option("--out <folder>", "output folder; its previous content is removed")
  .action(async ({ out }: { readonly out?: string }) => {
    const target = out ? pathToFileURL(`${out}/`) : new URL("docs/dist/", ROOT);
    const files = await buildSite(ROOT, target);
    console.log(`Built the site, ${files} files: open ${out ?? "docs/dist"}/index.html.`);
  })
  .parse();
