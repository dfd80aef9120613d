import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests read the packages' source, never a build that may be stale.
  resolve: { conditions: ["@convergint/source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["@convergint/source", "node", "import", "default"] } },
  test: {
    include: ["{packages,conformance,examples,spec,bench}/**/*.test.ts", "*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 20_000,
  },
});
