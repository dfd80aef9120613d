import { defineConfig } from "tsup";

export default defineConfig({
  // The writer is a separate entry, because a worker thread starts from its file.
  entry: { index: "src/index.ts", main: "src/main.ts", "writer-main": "src/store/sqlite/writer-main.ts" },
  format: ["esm"],
  target: "node24",
  dts: {
    entry: { index: "src/index.ts" },
    // A path instead of a package, so that its types are bundled: the package is not published.
    compilerOptions: { paths: { "@convergint/internal/*": ["../internal/src/*.ts"] } },
  },
  clean: true,
  silent: true,
});
