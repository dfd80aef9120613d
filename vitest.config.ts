import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What a test file needs, by the suffix before `.test.ts`. All other test files are unit tests. */
const NEEDS = {
  /** A database: SQLite on disk or PostgreSQL. */
  stores: "stores",
  /** Child processes, which the tests start and often kill. */
  processes: "processes",
  /**
   * Runs of the whole suite against the campus, or properties with thousands of cases; both take minutes of
   * processor time.
   */
  runs: "runs",
  /** Chromium. */
  browser: "browser",
} as const;

const FOLDERS = "{packages,conformance,examples,spec,bench,docs}/**";
const IGNORED = ["**/node_modules/**", "**/dist/**"];
const MATRIX = "conformance/mutants/matrix.test.ts";
const UNIT = [`${FOLDERS}/*.test.ts`, "*.test.ts"];
const NOT_UNIT = [...IGNORED, ...Object.values(NEEDS).map((need) => `**/*.${need}.test.ts`), MATRIX];
/** Tests that share a process only with one another, because the virtual clock waits for every socket. */
const APART = [
  "spec/tools/**/*.test.ts",
  "examples/vendor-cloud/src/**/*.test.ts",
  "conformance/src/{harness,suite,cli}/**/*.test.ts",
  "conformance/mutants/**/*.test.ts",
];
/** Tests that share a process only with one another, because msw replaces the globals of the process. */
const ISOLATED = ["packages/mocks/src/**/*.test.ts"];

/**
 * Starts the longest projects first, so that no long project is still running after all others have ended.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = [
      "matrix",
      NEEDS.runs,
      NEEDS.processes,
      NEEDS.stores,
      NEEDS.browser,
      "unit-apart",
      "unit-isolated",
      "unit",
      "webcrypto",
    ];
    const rank = ({ project }: TestSpecification) => order.indexOf(project.name);
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

// Workers and child processes cache their compiled code here, so later starts take half as long as the first.
process.env["NODE_COMPILE_CACHE"] ??= new URL("node_modules/.cache/node-compile", import.meta.url).pathname;

// Tests read the packages' source, never a build that may be stale.
const conditions = ["@convergint/source", "node"];

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: IGNORED, ...more },
});

/** Node runs the TypeScript itself, which takes a tenth less processor time than Vite's module runner. */
const native = {
  experimental: { viteModuleRunner: false },
  execArgv: [`--conditions=${conditions[0]}`],
};

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // This limit is only for tests that hang. Tests wait for conditions, which can take long on a busy
    // machine.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 900_000 } },
    sequence: { sequencer: LongestFirst },
    // One worker more than processors, because many tests wait for processes, sockets and databases. More workers cost
    // processor time: on two processors, four need longer than three.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Most test files share the modules of their worker: loading them once per worker halves the time.
      project("unit", UNIT, { exclude: [...NOT_UNIT, ...APART, ...ISOLATED], isolate: false, ...native }),
      project("unit-apart", APART, { exclude: NOT_UNIT, isolate: false, ...native }),
      project("unit-isolated", ISOLATED, { exclude: NOT_UNIT, isolate: false, ...native }),
      {
        // Runs the same tests on the code for runtimes without node:crypto.
        extends: true,
        resolve: {
          alias: { "#crypto": new URL("packages/webhooks/src/crypto/web.ts", import.meta.url).pathname },
        },
        test: { name: "webcrypto", include: ["packages/webhooks/src/*.test.ts"], isolate: false },
      },
      project("stores", [`${FOLDERS}/*.stores.test.ts`], { ...native, isolate: false }),
      project("processes", [`${FOLDERS}/*.processes.test.ts`, "*.processes.test.ts"], {
        ...native,
        isolate: false,
      }),
      project("runs", [`${FOLDERS}/*.runs.test.ts`], { ...native, isolate: false }),
      project("browser", [`${FOLDERS}/*.browser.test.ts`], native),
      project("matrix", [MATRIX], native),
    ],
  },
});
