import { defineConfig } from "vitest/config";

/** The checks of the built site, which `pnpm test` does not run: `pnpm site:check`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.check.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    experimental: { viteModuleRunner: false },
    execArgv: ["--conditions=@convergint/source"],
  },
});
