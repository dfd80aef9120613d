import { defineConfig } from "tsup";

export default defineConfig({
  // The writer is a separate entry, because a worker thread starts from its file.
  entry: { index: "src/index.ts", main: "src/main.ts", "writer-main": "src/store/sqlite/writer-main.ts" },
  format: ["esm"],
  target: "node24",
  dts: { entry: { index: "src/index.ts" }, resolve: [/^@convergint\/internal/] },
  clean: true,
  silent: true,
});
