import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "tsup";

const ROOT = join(import.meta.dirname, "../..");
const TEMPLATES = join(import.meta.dirname, "dist/templates");

/** Copies the files of a folder that git tracks or could track, or one file. */
function copy(folder: string, to: string): void {
  const listed = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", folder],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  for (const file of listed.split("\0").filter(Boolean)) {
    const target = join(TEMPLATES, to, file.slice(folder.length + 1));
    mkdirSync(dirname(target), { recursive: true });
    // npm renames or omits a `.gitignore` in a package, so it gets its name back when it is written.
    cpSync(join(ROOT, file), target.replace(/\.gitignore$/, "gitignore"));
  }
}

export default defineConfig({
  entry: ["src/main.ts"],
  format: ["esm"],
  target: "node20",
  // One file without dependencies: `npm create` starts at once, and Node 20 runs it.
  noExternal: [/.*/],
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  clean: true,
  sourcemap: true,
  silent: true,
  onSuccess: async () => {
    copy("examples/vendor-minimal/vendor.ts", "vendor-minimal/vendor.ts");
    for (const language of ["python", "go", "java"])
      copy(`examples/vendor-${language}`, `vendor-${language}`);
    copy("packages/create-vendor/project", "project");
    copy("spec/1.0/vectors", "vectors");
  },
});
