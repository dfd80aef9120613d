import { defineConfig, type Options } from "tsup";

const common: Options = {
  target: "node20",
  silent: true,
  minify: true,
  // Bundlers and edge runtimes recognise `node:crypto`; by default, tsup would write `crypto`.
  removeNodeProtocol: false,
  // Builds only one copy of each class, so that `instanceof` works between entry points.
  splitting: true,
};

const anywhere = {
  index: "src/index.ts",
  fetch: "src/adapters/fetch.ts",
};
const inNode = {
  ...anywhere,
  node: "src/adapters/node.ts",
  fastify: "src/adapters/fastify.ts",
  "aws-lambda": "src/adapters/aws-lambda.ts",
};

/** Builds one folder in both formats, as separate builds. Each removes only its own files, because they run at the same time. */
const both = (options: Options): Options[] => [
  { ...common, ...options, format: "esm", sourcemap: true, clean: ["!**/*.cjs", "!**/*.d.cts"] },
  {
    ...common,
    ...options,
    format: "cjs",
    // To split CommonJS, tsup rewrites it with Sucrase, which breaks minified newer syntax and turns each `?.` into a
    // closure. With this target, esbuild lowers the syntax first. Sucrase also makes source maps wrong, so there are none.
    esbuildOptions(esbuild) {
      esbuild.target = "es2019";
    },
    clean: ["!**/*.js", "!**/*.js.map", "!**/*.d.ts"],
  },
];

/** `#crypto` is node:crypto in the first folder and WebCrypto in the second. */
export default defineConfig([
  ...both({ entry: inNode, outDir: "dist/node", dts: true }),
  ...both({ entry: anywhere, outDir: "dist/web", platform: "browser" }),
]);
