import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/verify.ts"],
  format: ["esm"],
  target: "node20",
  dts: true,
  clean: true,
  sourcemap: true,
  silent: true,
  // Builds only one copy of `TokenError`, so that `instanceof` works between entry points.
  splitting: true,
});
