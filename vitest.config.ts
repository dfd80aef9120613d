import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Test files by what they need; the suffix before `.test.ts` says it. Everything else is a unit test. */
const NEEDS = {
  /** A database: SQLite on disk or PostgreSQL. */
  stores: "stores",
  /** Child processes that are started, and often killed. */
  processes: "processes",
  /** Whole runs of the suite against the campus, or properties with thousands of cases: minutes of processor time. */
  runs: "runs",
  /** Chromium. */
  browser: "browser",
} as const;

const FOLDERS = "{packages,conformance,examples,spec,bench}/**";
const IGNORED = ["**/node_modules/**", "**/dist/**"];
const MATRIX = "conformance/mutants/matrix.test.ts";
const UNIT = [`${FOLDERS}/*.test.ts`, "*.test.ts"];
const NOT_UNIT = [...IGNORED, ...Object.values(NEEDS).map((need) => `**/*.${need}.test.ts`), MATRIX];
/** msw replaces the globals of its process; the spec's tools register schemas in one of zod's. */
const ALTERS_GLOBALS = ["packages/mocks/src/**/*.test.ts", "spec/tools/**/*.test.ts"];

/** Starts the longest projects first, so that none of them is left to run on its own at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = [
      "matrix",
      NEEDS.runs,
      NEEDS.processes,
      NEEDS.stores,
      NEEDS.browser,
      "unit-isolated",
      "unit",
      "webcrypto",
    ];
    const rank = ({ project }: TestSpecification) => order.indexOf(project.name);
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

// Tests read the packages' source, never a build that may be stale.
const conditions = ["@convergint/source", "node"];

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: IGNORED, ...more },
});

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // A limit for a test that hangs. Tests wait for conditions, which take longer on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Child processes load their TypeScript from here: the second start takes half the time of the first.
    env: { NODE_COMPILE_CACHE: new URL("node_modules/.cache/node-compile", import.meta.url).pathname },
    sequence: { sequencer: LongestFirst },
    // One more than there are processors: many tests wait for processes, sockets and databases.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Most projects share modules: loading those once per worker instead of once per file halves their time.
      project("unit", UNIT, { exclude: [...NOT_UNIT, ...ALTERS_GLOBALS], isolate: false }),
      project("unit-isolated", ALTERS_GLOBALS, { exclude: NOT_UNIT }),
      {
        // The same tests on what runtimes without node:crypto get.
        extends: true,
        resolve: {
          alias: { "#crypto": new URL("packages/webhooks/src/crypto/web.ts", import.meta.url).pathname },
        },
        test: { name: "webcrypto", include: ["packages/webhooks/src/*.test.ts"], isolate: false },
      },
      project("stores", [`${FOLDERS}/*.stores.test.ts`], { isolate: false }),
      project("processes", [`${FOLDERS}/*.processes.test.ts`, "*.processes.test.ts"]),
      project("runs", [`${FOLDERS}/*.runs.test.ts`], { isolate: false }),
      project("browser", [`${FOLDERS}/*.browser.test.ts`]),
      project("matrix", [MATRIX]),
    ],
  },
});
