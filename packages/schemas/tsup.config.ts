import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/values.ts"],
  format: ["esm", "cjs"],
  target: "node20",
  dts: true,
  clean: true,
  sourcemap: true,
  silent: true,
});
