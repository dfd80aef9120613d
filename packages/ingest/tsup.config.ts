import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    main: "src/main.ts",
    // Separate entries, because a worker thread starts from its file.
    "writer-main": "src/store/sqlite/writer-main.ts",
    "explain-main": "src/receive/explain-main.ts",
  },
  format: ["esm"],
  target: "node24",
  dts: {
    entry: { index: "src/index.ts" },
    // This is a path, not the name of the package. The package is not published, so its types must be
    // bundled.
    compilerOptions: { paths: { "@convergint/internal/*": ["../internal/src/*.ts"] } },
  },
  clean: true,
  sourcemap: true,
  silent: true,
});
