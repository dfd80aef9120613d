import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    sqlite: "src/store/sqlite/index.ts",
    postgres: "src/store/postgres/index.ts",
  },
  format: ["esm"],
  target: "node22",
  dts: {
    // This is a path, not the name of the package. The package is not published, so its types must be
    // bundled.
    compilerOptions: { paths: { "@convergint/internal/*": ["../internal/src/*.ts"] } },
  },
  clean: true,
  sourcemap: true,
  silent: true,
});
