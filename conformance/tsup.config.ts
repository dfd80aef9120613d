import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    main: "src/main.ts",
    index: "src/index.ts",
    // A separate entry, because a worker thread starts from its file.
    "explain-main": "src/listen/explain-main.ts",
  },
  format: ["esm"],
  target: "node22",
  dts: { entry: "src/index.ts" },
  clean: true,
  sourcemap: true,
  silent: true,
});
