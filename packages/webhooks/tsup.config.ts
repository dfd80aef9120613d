import { defineConfig, type Options } from "tsup";

const common: Options = {
  format: ["esm", "cjs"],
  target: "node20",
  clean: true,
  silent: true,
  minify: true,
  // Bundlers and edge runtimes recognise `node:crypto`; by default, tsup would write `crypto`.
  removeNodeProtocol: false,
  // Builds only one copy of each class, so that `instanceof` works between entry points.
  splitting: true,
  esbuildOptions(options, { format }) {
    // To split CommonJS, tsup rewrites it with Sucrase, which breaks minified newer syntax and turns each
    // `?.` into a closure. With this target, esbuild lowers the syntax first.
    if (format === "cjs") options.target = "es2019";
  },
};

const anywhere = {
  index: "src/index.ts",
  fetch: "src/adapters/fetch.ts",
};

/** `#crypto` is node:crypto in the first build and WebCrypto in the second. */
export default defineConfig([
  {
    ...common,
    entry: {
      ...anywhere,
      node: "src/adapters/node.ts",
      fastify: "src/adapters/fastify.ts",
      "aws-lambda": "src/adapters/aws-lambda.ts",
    },
    outDir: "dist/node",
    dts: true,
  },
  { ...common, entry: anywhere, outDir: "dist/web", platform: "browser" },
]);
