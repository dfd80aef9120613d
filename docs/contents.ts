/** A page of the site in the navigation. */
export interface Entry {
  /** The path of the page in the site. */
  readonly path: string;
  /** The short title that the navigation shows. */
  readonly title: string;
  /**
   * The Markdown file of the repository that the page shows, from the root of the repository. A page without a source
   * is generated.
   */
  readonly source?: string;
  /** Files of the repository that the page shows in full after its text. */
  readonly listings?: readonly string[];
  /** One sentence for `llms.txt` and the overview. */
  readonly about: string;
}

/** A group of the navigation. */
export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The navigation. To add a page, write a Markdown file and add its entry here: links, search and checks follow. */
export const CONTENTS: readonly Section[] = [
  {
    title: "Start",
    entries: [
      {
        path: "index.html",
        title: "Overview",
        source: "docs/index.md",
        about: "What the kit is, and where to start.",
      },
      {
        path: "vendor.html",
        title: "Start as a vendor",
        source: "docs/vendor.md",
        about: "From nothing to a certified vendor cloud, in any language.",
      },
      {
        path: "convergint.html",
        title: "Start as Convergint",
        source: "docs/convergint.md",
        about: "Verify webhooks, poll vendors, run the server.",
      },
    ],
  },
  {
    title: "For vendors",
    entries: [
      {
        path: "vendor-minimal.html",
        title: "In TypeScript, with the kit",
        source: "examples/vendor-minimal/README.md",
        listings: ["examples/vendor-minimal/vendor.ts"],
        about: "A certified vendor in one file of under 200 lines.",
      },
      {
        path: "vendor-python.html",
        title: "In Python",
        source: "examples/vendor-python/README.md",
        listings: [
          "examples/vendor-python/src/campus_cloud/__main__.py",
          "examples/vendor-python/src/campus_cloud/app.py",
          "examples/vendor-python/src/campus_cloud/bodies.py",
          "examples/vendor-python/src/campus_cloud/catalogue.py",
          "examples/vendor-python/src/campus_cloud/delivery.py",
          "examples/vendor-python/src/campus_cloud/destinations.py",
          "examples/vendor-python/src/campus_cloud/devices.py",
          "examples/vendor-python/src/campus_cloud/endpoints.py",
          "examples/vendor-python/src/campus_cloud/events.py",
          "examples/vendor-python/src/campus_cloud/listings.py",
          "examples/vendor-python/src/campus_cloud/moments.py",
          "examples/vendor-python/src/campus_cloud/problems.py",
          "examples/vendor-python/src/campus_cloud/seed.py",
          "examples/vendor-python/src/campus_cloud/settings.py",
          "examples/vendor-python/src/campus_cloud/store.py",
        ],
        about: "A complete, certified vendor cloud with FastAPI, SQLite and standardwebhooks.",
      },
      {
        path: "vendor-go.html",
        title: "In Go",
        source: "examples/vendor-go/README.md",
        listings: [
          "main",
          "model",
          "cloud",
          "api",
          "listing",
          "webhooks",
          "signing",
          "sandbox",
          "tokens",
        ].map((name) => `examples/vendor-go/${name}.go`),
        about: "A complete vendor with net/http and the Standard Webhooks library, from the contract only.",
      },
      {
        path: "vendor-java.html",
        title: "In Java",
        source: "examples/vendor-java/README.md",
        listings: [
          "examples/vendor-java/src/main/java/com/example/meridian/Api.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Bodies.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Destinations.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Device.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Directory.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Endpoints.java",
          "examples/vendor-java/src/main/java/com/example/meridian/EventTypes.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Events.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Fleet.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Inventory.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Json.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Main.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Manifest.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Outbox.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Problem.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Sandbox.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Settings.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Store.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Tokens.java",
          "examples/vendor-java/src/main/java/com/example/meridian/Vault.java",
        ],
        about: "A complete vendor in Java, from the contract only.",
      },
      {
        path: "signing.html",
        title: "Signing and replay protection",
        source: "docs/signing.md",
        about: "How a webhook is signed and verified, byte by byte, in any language.",
      },
      {
        path: "certification.html",
        title: "Certification",
        source: "docs/certification.md",
        about: "What the suite does, what a certificate says, and how to read a report.",
      },
      {
        path: "test-bench.html",
        title: "The test bench",
        source: "docs/test-bench.md",
        about: "A live page that judges your inventory and webhooks while you develop.",
      },
      {
        path: "conformance.html",
        title: "The conformance suite",
        source: "conformance/README.md",
        about: "Every command and option of the suite.",
      },
      {
        path: "ci.html",
        title: "In your CI",
        source: "docs/ci.md",
        about: "Certify every change on GitHub, GitLab or another system.",
      },
      {
        path: "first-steps.html",
        title: "From Convergint's page",
        source: "spec/1.0/first-steps.md",
        about: "For a vendor who built to Convergint's documentation page: what to add in one step.",
      },
    ],
  },
  {
    title: "For Convergint",
    entries: [
      {
        path: "consumers.html",
        title: "In your service",
        source: "examples/consumer/README.md",
        about: "The verifier in Express, Fastify, NestJS, Next.js, Lambda, Workers, Python and Go.",
      },
      {
        path: "server.html",
        title: "The ingestion server",
        source: "packages/ingest/README.md",
        about: "Commands, API, settings and metrics of the server.",
      },
      {
        path: "production.html",
        title: "Running in production",
        source: "docs/production.md",
        about: "Sizing, backup and restore, upgrade, key rotation, PostgreSQL, PgBouncer and proxies.",
      },
      {
        path: "profiles.html",
        title: "Vendor profiles",
        source: "packages/profiles/README.md",
        about: "Read a vendor's existing cloud through a profile, which is data.",
      },
    ],
  },
  {
    title: "The contract",
    entries: [
      {
        path: "contract.html",
        title: "Specification",
        source: "spec/1.0/contract.md",
        about: "The normative text.",
      },
      { path: "api.html", title: "API reference", about: "Every call and every webhook, from OpenAPI." },
      { path: "schemas.html", title: "Schemas", about: "Every payload, field by field." },
      { path: "requirements.html", title: "Requirements", about: "All requirements in one table." },
      {
        path: "vectors.html",
        title: "Test vectors",
        source: "spec/1.0/vectors/README.md",
        about: "Signatures, payloads, pages and orders of events to test against, in any language.",
      },
    ],
  },
  {
    title: "Help",
    entries: [
      {
        path: "troubleshooting.html",
        title: "Error codes",
        about: "Every error code: what it means, and what to do.",
      },
      { path: "faq.html", title: "FAQ", source: "docs/faq.md", about: "Short answers to common questions." },
      {
        path: "diagnose.html",
        title: "Why a signature fails",
        source: "packages/diagnose/README.md",
        about: "The package that explains a signature that does not verify.",
      },
    ],
  },
  {
    title: "Packages",
    entries: [
      {
        path: "packages/webhooks.html",
        title: "webhooks",
        source: "packages/webhooks/README.md",
        about: "Sign, verify and receive webhooks.",
      },
      {
        path: "packages/delivery.html",
        title: "delivery",
        source: "packages/delivery/README.md",
        about: "A durable outbox for a vendor's events.",
      },
      {
        path: "packages/vendor.html",
        title: "vendor",
        source: "packages/vendor/README.md",
        about: "Serve your own data as the contract specifies.",
      },
      {
        path: "packages/create-vendor.html",
        title: "create-vendor",
        source: "packages/create-vendor/README.md",
        about: "Create a vendor cloud from a CSV file of devices.",
      },
      {
        path: "packages/client.html",
        title: "client",
        source: "packages/client/README.md",
        about: "The typed inventory client.",
      },
      {
        path: "packages/schemas.html",
        title: "schemas",
        source: "packages/schemas/README.md",
        about: "The wire format as zod schemas.",
      },
      {
        path: "packages/tokens.html",
        title: "tokens",
        source: "packages/tokens/README.md",
        about: "Sign and verify the tokens of a consumer with a private key.",
      },
      {
        path: "packages/mocks.html",
        title: "mocks",
        source: "packages/mocks/README.md",
        about: "A vendor cloud and a consumer for unit tests.",
      },
    ],
  },
  {
    title: "The project",
    entries: [
      {
        path: "architecture.html",
        title: "Architecture",
        source: "ARCHITECTURE.md",
        about: "Where things are, and what passes through which file.",
      },
      {
        path: "contributing.html",
        title: "Contributing",
        source: "CONTRIBUTING.md",
        about: "Set-up, rules, and how to add a requirement or a family of events.",
      },
      {
        path: "compatibility.html",
        title: "Versions and support",
        source: "COMPATIBILITY.md",
        about: "What works with what, how long it is supported, and how it is deprecated.",
      },
      {
        path: "releasing.html",
        title: "Releasing",
        source: "RELEASING.md",
        about: "How a maintainer publishes the packages.",
      },
      { path: "security.html", title: "Security", source: "SECURITY.md", about: "Threats and defences." },
      {
        path: "mutants.html",
        title: "Mutants",
        source: "conformance/MUTANTS.md",
        about: "The deliberate defects that prove each check.",
      },
      { path: "decisions.html", title: "Decisions", about: "What was decided, why, and what was rejected." },
    ],
  },
];

/** Every entry of the navigation, in reading order. */
export const ENTRIES: readonly Entry[] = CONTENTS.flatMap(({ entries }) => entries);
