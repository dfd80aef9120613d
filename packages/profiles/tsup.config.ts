import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", shim: "src/shim/shim.ts" },
  format: ["esm"],
  target: "node22",
  // This is a path, not the name of the package. The package is not published, so its types must be bundled.
  dts: { compilerOptions: { paths: { "@convergint/internal/*": ["../internal/src/*.ts"] } } },
  clean: true,
  sourcemap: true,
  silent: true,
});
