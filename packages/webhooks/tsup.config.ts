import { defineConfig, type Options } from "tsup";

const common: Options = {
  format: ["esm", "cjs"],
  target: "node20",
  clean: true,
  silent: true,
  minify: true,
  // Bundlers and edge runtimes know `node:crypto` as Node's own; tsup would write `crypto`.
  removeNodeProtocol: false,
  // One copy of each class, whichever entries are loaded: `instanceof` must hold between them.
  splitting: true,
  esbuildOptions(options, { format }) {
    // To split CommonJS, tsup has Sucrase rewrite it, which breaks newer syntax when it is minified and turns each
    // `?.` into closures: esbuild lowers it first.
    if (format === "cjs") options.target = "es2019";
  },
};

const anywhere = {
  index: "src/index.ts",
  fetch: "src/adapters/fetch.ts",
};

/** `#crypto` is node:crypto in the one and WebCrypto in the other. */
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
