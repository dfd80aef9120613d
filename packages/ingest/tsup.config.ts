import { defineConfig } from "tsup";

export default defineConfig({
  // The writer is an entry of its own: a worker thread is started from its file.
  entry: { index: "src/index.ts", main: "src/main.ts", "writer-main": "src/store/sqlite/writer-main.ts" },
  format: ["esm"],
  target: "node24",
  dts: { entry: { index: "src/index.ts" }, resolve: [/^@convergint\/internal/] },
  clean: true,
  silent: true,
});
