import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests read the packages' source, never a build that may be stale.
const conditions = ["@convergint/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 20_000,
    // Most tests wait: for sockets, for databases, for retries that take their time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["{packages,conformance,examples,spec,bench}/**/*.test.ts", "*.test.ts"],
        },
      },
      {
        // The same tests on what runtimes without node:crypto get.
        extends: true,
        resolve: {
          alias: { "#crypto": new URL("packages/webhooks/src/crypto/web.ts", import.meta.url).pathname },
        },
        test: { name: "webcrypto", include: ["packages/webhooks/src/*.test.ts"] },
      },
    ],
  },
});
