import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The matrix of mutants takes as long as half of all the others: begun last, it would be waited for alone. */
class MatrixFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isMatrix = ({ moduleId }: TestSpecification) => moduleId.endsWith("mutants/matrix.test.ts");
    return [...sorted.filter(isMatrix), ...sorted.filter((file) => !isMatrix(file))];
  }
}

// Tests read the packages' source, never a build that may be stale.
const conditions = ["@convergint/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ["**/node_modules/**", "**/dist/**"],
    // Some wait for webhooks that do not come, or run the suite, on a machine that is busy with the others.
    testTimeout: 60_000,
    sequence: { sequencer: MatrixFirst },
    // One beside the matrix, at least: most tests wait, for sockets, for databases, for retries that take their time.
    maxWorkers: Math.max(2, availableParallelism()),
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
