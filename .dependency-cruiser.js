import { globSync, readFileSync } from "node:fs";

/**
 * The allowed import directions between packages, as drawn in ARCHITECTURE.md. `forbid(from, to)` reads as
 * "nothing in `from` may import `to`".
 */
const forbid = (name, comment, from, to) => ({ name, severity: "error", comment, from, to });

/** Tests and their shared code. */
const TESTS = "(\\.test\\.ts$|/testing/)";
const PACKAGE = (name) => `^packages/${name}/`;
const workspace = ["^packages/", "^conformance/", "^examples/", "^bench/", "^spec/"];

/** The entry points of every package. */
const ENTRY_POINTS = globSync([
  "{packages,examples}/*/package.json",
  "conformance/package.json",
  "spec/tools/package.json",
]).flatMap((file) => {
  const folder = file.replace(/package\.json$/, "");
  const { exports = {} } = JSON.parse(readFileSync(file, "utf8"));
  const sources = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? entry : (entry["@convergint/source"] ?? []),
  );
  return sources.map((source) => `^${folder}${source.replace(/^\.\//, "")}$`.replaceAll(".", "\\."));
});

export default {
  forbidden: [
    forbid(
      "no-circles",
      "Two files that import each other should be one file, or share a third file.",
      {},
      { circular: true },
    ),
    forbid(
      "testing-is-for-tests",
      "Test helpers are not published.",
      { path: workspace, pathNot: [TESTS, PACKAGE("testing"), "^bench/", "^conformance/mutants/"] },
      { path: PACKAGE("testing") },
    ),
    forbid(
      "internal-imports-nothing-of-ours",
      "Every package may import internal, so internal imports no package.",
      { path: `${PACKAGE("internal")}src/`, pathNot: TESTS },
      { path: workspace, pathNot: [PACKAGE("internal")] },
    ),
    forbid(
      "internal-in-the-browser",
      "mocks runs in browsers, so it may import only those parts of internal that do not need Node; its entry ./node may.",
      { path: PACKAGE("mocks"), pathNot: [TESTS, `${PACKAGE("mocks")}src/node/`] },
      { path: `${PACKAGE("internal")}src/`, pathNot: "/(media-type|seeded-random)\\.ts$" },
    ),
    forbid(
      "webhooks-imports-nothing",
      "webhooks has no dependency: vendors install it into anything.",
      { path: `${PACKAGE("webhooks")}src/`, pathNot: TESTS },
      {
        pathNot: [`${PACKAGE("webhooks")}src/`, "^(node:)?(crypto|http)$", "node_modules/(\\.pnpm/)?fastify"],
      },
    ),
    forbid(
      "tokens-imports-only-jose",
      "vendors and consumers install tokens into anything: it imports jose, and of Node only types.",
      { path: `${PACKAGE("tokens")}src/`, pathNot: TESTS },
      {
        pathNot: [`${PACKAGE("tokens")}src/`, "node_modules/(\\.pnpm/)?jose"],
        dependencyTypesNot: ["type-only"],
      },
    ),
    forbid(
      "diagnose-imports-webhooks-only",
      "diagnose runs wherever webhooks does, so it adds no dependency.",
      { path: `${PACKAGE("diagnose")}src/`, pathNot: TESTS },
      { pathNot: [`${PACKAGE("diagnose")}src/`, PACKAGE("webhooks")] },
    ),
    forbid(
      "schemas-imports-only-zod",
      "schemas is the base: everything that speaks the contract imports it.",
      { path: `${PACKAGE("schemas")}src/`, pathNot: TESTS },
      { pathNot: [`${PACKAGE("schemas")}src/`, "node_modules/(\\.pnpm/)?zod"] },
    ),
    forbid(
      "client-imports-only-schemas-and-tokens",
      "client implements the contract and imports no other part of the kit.",
      { path: `${PACKAGE("client")}src/`, pathNot: TESTS },
      { path: workspace, pathNot: ["client", "schemas", "tokens", "internal"].map(PACKAGE) },
    ),
    forbid(
      "profiles-imports",
      "profiles maps a vendor to the contract. It imports neither the client that reads the result nor the server.",
      { path: `${PACKAGE("profiles")}src/`, pathNot: [TESTS, `${PACKAGE("profiles")}src/shim/`] },
      { path: workspace, pathNot: ["profiles", "schemas", "webhooks", "tokens", "internal"].map(PACKAGE) },
    ),
    forbid(
      "shim-imports",
      "The shim posts webhooks as a vendor does, so it also imports delivery. Readers of profiles do not load it.",
      { path: `${PACKAGE("profiles")}src/shim/`, pathNot: TESTS },
      {
        path: workspace,
        pathNot: ["profiles", "schemas", "webhooks", "delivery", "internal"].map(PACKAGE),
      },
    ),
    forbid(
      "delivery-imports-only-webhooks",
      "delivery signs the bytes that it gets. It imports no schemas, so a vendor can install it without them.",
      { path: `${PACKAGE("delivery")}src/` },
      { path: workspace, pathNot: ["delivery", "webhooks", "internal", "testing"].map(PACKAGE) },
    ),
    forbid(
      "vendor-imports-only-schemas-and-delivery",
      "vendor is what a vendor's cloud installs: it serves the contract and posts by delivery.",
      { path: `${PACKAGE("vendor")}src/`, pathNot: TESTS },
      { path: workspace, pathNot: ["vendor", "schemas", "delivery", "internal"].map(PACKAGE) },
    ),
    forbid(
      "create-vendor-imports-only-schemas",
      "create-vendor writes files: it starts no vendor.",
      { path: `${PACKAGE("create-vendor")}src/`, pathNot: TESTS },
      { path: workspace, pathNot: ["create-vendor", "schemas", "internal"].map(PACKAGE) },
    ),
    forbid(
      "each-database-is-optional",
      "A vendor on PostgreSQL does not install SQLite, nor the reverse; the caller passes a pg pool, so pg is never imported.",
      { path: `${PACKAGE("delivery")}src/`, pathNot: [TESTS, "/src/testing/", "/src/store/sqlite/"] },
      { path: ["/src/store/sqlite/", "node_modules/(\\.pnpm/)?(better-sqlite3|pg)[@/]"] },
    ),
    forbid(
      "mocks-imports-only-schemas-and-tokens",
      "mocks runs in browsers and in users' tests. It imports only schemas, tokens and msw, and nothing that needs Node.",
      {
        path: `${PACKAGE("mocks")}src/`,
        pathNot: [TESTS, `${PACKAGE("mocks")}src/testing/`, `${PACKAGE("mocks")}src/node/`],
      },
      {
        pathNot: [
          `${PACKAGE("mocks")}src/`,
          PACKAGE("schemas"),
          `${PACKAGE("tokens")}src/verify\\.ts$`,
          PACKAGE("internal"),
          "node_modules/(\\.pnpm/)?msw[^/]*/(node_modules/msw/)?lib/core/",
        ],
      },
    ),
    forbid(
      "ingest-imports",
      "ingest imports client, profiles, tokens, webhooks, diagnose, schemas and internal, and never the suite that tests it.",
      { path: `${PACKAGE("ingest")}src/`, pathNot: TESTS },
      {
        path: workspace,
        pathNot: [
          "ingest",
          "client",
          "profiles",
          "tokens",
          "webhooks",
          "diagnose",
          "schemas",
          "internal",
        ].map(PACKAGE),
      },
    ),
    forbid(
      "ingest-tests-import",
      "The tests of ingest import only what ingest may import. Shared test helpers are in packages/testing.",
      { path: `${PACKAGE("ingest")}src/.*${TESTS}` },
      {
        path: workspace,
        pathNot: [
          "ingest",
          "client",
          "profiles",
          "tokens",
          "webhooks",
          "diagnose",
          "schemas",
          "internal",
          "testing",
        ].map(PACKAGE),
      },
    ),
    forbid(
      "ingest-domain-imports-only-schemas",
      "The domain is pure: no database, no clock, no network, no Node module. Stores and routes import it.",
      { path: `${PACKAGE("ingest")}src/domain/`, pathNot: TESTS },
      { pathNot: [`${PACKAGE("ingest")}src/domain/`, PACKAGE("schemas")] },
    ),
    forbid(
      "ingest-writer-loads-no-zod",
      "The thread that writes SQLite starts with each server, and loading zod would take two thirds of its start.",
      { path: `${PACKAGE("ingest")}src/(?:domain|store/sqlite)/`, pathNot: TESTS },
      { path: `${PACKAGE("schemas")}src/`, pathNot: "/values.ts$", dependencyTypesNot: ["type-only"] },
    ),
    forbid(
      "ingest-stores-import-only-the-domain",
      "A store implements interfaces over the domain. It imports no route, no schedule and no vendor.",
      { path: `${PACKAGE("ingest")}src/store/`, pathNot: TESTS },
      {
        path: `${PACKAGE("ingest")}src/`,
        pathNot: [`${PACKAGE("ingest")}src/(domain|store)/`, `${PACKAGE("ingest")}src/config.ts$`],
      },
    ),
    forbid(
      "ingest-stores-are-independent",
      "The two stores do not import each other. Code that both use is in store/.",
      { path: `${PACKAGE("ingest")}src/store/(sqlite|postgres)/` },
      {
        path: `${PACKAGE("ingest")}src/store/(sqlite|postgres)/`,
        pathNot: `${PACKAGE("ingest")}src/store/$1/`,
      },
    ),
    forbid(
      "conformance-knows-vendors-only-over-http",
      "The suite never imports the server or an example; its mutants and tests may start one.",
      { path: "^conformance/src/", pathNot: TESTS },
      {
        path: workspace,
        pathNot: [
          "^conformance/",
          PACKAGE("schemas"),
          PACKAGE("profiles"),
          PACKAGE("tokens"),
          PACKAGE("webhooks"),
          PACKAGE("diagnose"),
          PACKAGE("internal"),
          "^spec/1\\.0/requirements\\.json$",
        ],
      },
    ),
    forbid(
      "mutants-are-not-shipped",
      "The published suite does not import its mutants.",
      { path: "^conformance/src/", pathNot: TESTS },
      { path: "^conformance/mutants/" },
    ),
    forbid(
      "nothing-imports-examples",
      "Only mutants and the tests of the suite may import an example.",
      { pathNot: ["^examples/", "^conformance/mutants/", `^conformance/.*${TESTS}`] },
      { path: "^examples/" },
    ),
    forbid(
      "example-vendors-use-what-vendors-install",
      "An example vendor imports only packages for vendors, never the server, the client or the suite.",
      { path: "^examples/vendor-" },
      { path: [PACKAGE("ingest"), PACKAGE("client"), "^conformance/"] },
    ),
    forbid(
      "only-entry-points",
      "Import another package through its entry point, never a file inside the package.",
      { path: "^(packages/[^/]+|conformance|examples/[^/]+|bench|spec/tools|docs/site)/" },
      {
        path: workspace,
        pathNot: ["^$1/", ...ENTRY_POINTS, "^spec/1\\.0/requirements\\.json$"],
      },
    ),
    forbid(
      "no-unresolvable",
      "Every import must resolve to a file or a package. aws-lambda is only the types of @types/aws-lambda, which tsc resolves.",
      {},
      { couldNotResolve: true, pathNot: "^aws-lambda$" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["(^|/)dist/", "^packages/create-vendor/project/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@convergint/source", "import", "node", "default", "types"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
