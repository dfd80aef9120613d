import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    sqlite: "src/store/sqlite/index.ts",
    postgres: "src/store/postgres/index.ts",
  },
  format: ["esm"],
  target: "node22",
  dts: true,
  clean: true,
  silent: true,
});
