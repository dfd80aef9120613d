import { invalid, type PayloadCases, valid, without } from "./samples.ts";

/** The smallest manifest: a vendor without webhooks. */
const MINIMAL = {
  contract_version: "1.0",
  vendor: { id: "example-campus", name: "Example Campus" },
  api_base: "https://api.campus.example",
  authentication: [{ scheme: "bearer" }],
  inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
  device_types: [{ type: "camera", status_from: ["inventory"] }],
  event_types: [],
};

const WEBHOOKS = {
  signature_schemes: ["v1"],
  batching: false,
  endpoint_management: true,
  retry_schedule_seconds: [5, 60, 600, 3600, 21600, 86400],
  health_latency_seconds: 10,
};

const OAUTH2 = { scheme: "oauth2_client_credentials", token_url: "https://auth.campus.example/oauth/token" };

const SIGNED_JWT = { scheme: "signed_jwt", algorithms: ["RS256"], issuer: "convergint" };

const manifest = (changes: object) => ({ ...MINIMAL, ...changes });
const inventory = (changes: object) => manifest({ inventory: { ...MINIMAL.inventory, ...changes } });
const webhooks = (changes: object) => manifest({ webhooks: { ...WEBHOOKS, ...changes } });

const CASES = [
  valid("a vendor without webhooks", MINIMAL),
  valid(
    "a vendor with everything",
    manifest({
      vendor: {
        ...MINIMAL.vendor,
        support_url: "https://campus.example/support",
        documentation_url: "https://docs.campus.example",
      },
      authentication: [
        { scheme: "bearer" },
        {
          ...OAUTH2,
          scopes: ["inventory:read"],
          token_endpoint_auth_methods: ["client_secret_basic", "private_key_jwt"],
        },
        {
          ...SIGNED_JWT,
          algorithms: ["RS256", "ES256", "EdDSA"],
          audience: "https://api.campus.example",
          max_lifetime_seconds: 600,
        },
      ],
      inventory: {
        max_page_size: 1000,
        incremental_sync: true,
        tombstone_days: 30,
        conditional_requests: true,
        system_filter: true,
      },
      backfill: { depth_hours: 72 },
      webhooks: {
        ...WEBHOOKS,
        signature_schemes: ["v1", "v1a"],
        public_keys: ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
        batching: true,
      },
      egress_ip_ranges: ["192.0.2.0/24", "198.51.100.7/32", "2001:DB8:40::/48"],
      device_types: [
        { type: "camera", status_from: ["inventory", "events"] },
        { type: "drone", status_from: ["inventory"] },
      ],
      event_types: [
        { type: "com.convergint.device.status_changed.v1", delivery: ["webhook", "backfill"] },
        { type: "com.campus.parking.barrier_raised.v1", delivery: ["backfill"] },
      ],
      sandbox: {
        control_url: "http://127.0.0.1:8080/sandbox",
        commands: ["status", "events", "add_device", "move_device", "remove_device"],
      },
    }),
  ),
  valid(
    "null for every absent capability",
    manifest({ backfill: null, webhooks: null, egress_ip_ranges: null, sandbox: null }),
  ),
  valid("a future minor version", manifest({ contract_version: "1.7", telemetry: { interval: 60 } })),
  valid(
    "an unknown way to authenticate, and a known one",
    manifest({
      authentication: [{ scheme: "mutual_tls", ca_url: "https://campus.example/ca" }, { scheme: "bearer" }],
    }),
  ),
  valid("signed tokens only, without an audience", manifest({ authentication: [SIGNED_JWT] })),
  valid("an unknown signature scheme, and v1", webhooks({ signature_schemes: ["v1", "v2"] })),
  ...(
    [
      ["contract_version", "MAN-002"],
      ["vendor", "MAN-001"],
      ["api_base", "MAN-001"],
      ["authentication", "MAN-001"],
      ["inventory", "MAN-001"],
      ["device_types", "MAN-003"],
      ["event_types", "MAN-001"],
    ] as const
  ).map(([member, requirement]) =>
    invalid(`without ${member}`, without(MINIMAL, member), [
      `/${member}`,
      requirement,
      `${member} is required.`,
    ]),
  ),
  invalid("a number instead of a version", manifest({ contract_version: 1.0 }), [
    "/contract_version",
    "MAN-002",
    "The version is a string: 1.1 and 1.10 differ.",
  ]),
  invalid("a version with a v", manifest({ contract_version: "v1" }), [
    "/contract_version",
    "MAN-002",
    "The version is written major.minor.",
  ]),
  invalid(
    "a vendor's id in capitals",
    manifest({ vendor: { id: "ExampleCampus", name: "Example Campus" } }),
    ["/vendor/id", "MAN-001", "The vendor's id is a lower-case name for programs."],
  ),
  invalid("an API base without a scheme", manifest({ api_base: "api.campus.example" }), [
    "/api_base",
    "MAN-001",
    "URLs are absolute.",
  ]),
  invalid("no way to authenticate", manifest({ authentication: [] }), [
    "/authentication",
    "MAN-001",
    "The manifest must list at least one way to authenticate.",
  ]),
  invalid("OAuth 2 without a token URL", manifest({ authentication: [without(OAUTH2, "token_url")] }), [
    "/authentication/0/token_url",
    "MAN-001",
    "The caller needs the URL that issues tokens.",
  ]),
  ...(
    [
      ["without algorithms", without(SIGNED_JWT, "algorithms"), "/algorithms", "The caller needs them."],
      ["without an issuer", without(SIGNED_JWT, "issuer"), "/issuer", "The caller needs the iss to send."],
      [
        "without RS256",
        { ...SIGNED_JWT, algorithms: ["ES256"] },
        "/algorithms",
        "RS256 is the algorithm that every caller can use.",
      ],
      [
        "that may be unsigned",
        { ...SIGNED_JWT, algorithms: ["RS256", "none"] },
        "/algorithms/1",
        "Anyone can write a token without a signature.",
      ],
      [
        "with a shared secret",
        { ...SIGNED_JWT, algorithms: ["HS256", "RS256"] },
        "/algorithms/0",
        "Tokens are signed with a private key.",
      ],
      [
        "that live for a day",
        { ...SIGNED_JWT, max_lifetime_seconds: 86_400 },
        "/max_lifetime_seconds",
        "A token lives for at most an hour.",
      ],
    ] as const
  ).map(([what, scheme, pointer, reason]) =>
    invalid(`signed tokens ${what}`, manifest({ authentication: [scheme] }), [
      `/authentication/0${pointer}`,
      "MAN-001",
      reason,
    ]),
  ),
  invalid("pages of at most 100", inventory({ max_page_size: 100 }), [
    "/inventory/max_page_size",
    "MAN-001",
    "A vendor honours limits up to at least 500.",
  ]),
  invalid("tombstones for a week", inventory({ incremental_sync: true, tombstone_days: 7 }), [
    "/inventory/tombstone_days",
    "SYNC-004",
    "Tombstones are kept for at least 30 days.",
  ]),
  invalid("the string yes for a capability", inventory({ incremental_sync: "yes" }), [
    "/inventory/incremental_sync",
    "MAN-001",
    "A capability is true or false.",
  ]),
  invalid("the string yes for the filter by system", inventory({ system_filter: "yes" }), [
    "/inventory/system_filter",
    "MAN-001",
    "A capability is true or false.",
  ]),
  invalid("an address instead of a range", manifest({ egress_ip_ranges: ["192.0.2.7"] }), [
    "/egress_ip_ranges/0",
    "MAN-001",
    "A range is in CIDR notation; one address has /32 or /128.",
  ]),
  invalid("a range with a prefix that is too long", manifest({ egress_ip_ranges: ["192.0.2.0/33"] }), [
    "/egress_ip_ranges/0",
    "MAN-001",
    "The prefix of an IPv4 range has at most 32 bits.",
  ]),
  invalid("an empty list of ranges", manifest({ egress_ip_ranges: [] }), [
    "/egress_ip_ranges",
    "MAN-001",
    "A vendor whose addresses change omits egress_ip_ranges.",
  ]),
  invalid("a backfill of one day", manifest({ backfill: { depth_hours: 24 } }), [
    "/backfill/depth_hours",
    "EVT-024",
    "Events are kept for at least 72 hours.",
  ]),
  invalid("true for webhooks", manifest({ webhooks: true }), [
    "/webhooks",
    "MAN-001",
    "A capability with details is an object.",
  ]),
  invalid("no signature scheme", webhooks({ signature_schemes: [] }), [
    "/webhooks/signature_schemes",
    "MAN-001",
    "Every delivery is signed.",
  ]),
  invalid("a public key in PEM", webhooks({ public_keys: ["-----BEGIN PUBLIC KEY-----"] }), [
    "/webhooks/public_keys/0",
    "MAN-001",
    "A public key is whpk_ and the base64 of its bytes.",
  ]),
  invalid("a status change that may take a day", webhooks({ health_latency_seconds: 86400 }), [
    "/webhooks/health_latency_seconds",
    "MAN-001",
    "A status change is posted within an hour at the latest.",
  ]),
  invalid(
    "a device type without a source of its status",
    manifest({ device_types: [{ type: "camera", status_from: [] }] }),
    ["/device_types/0/status_from", "MAN-003", "A status comes from inventory, events or both."],
  ),
  invalid("device types as strings", manifest({ device_types: ["camera"] }), [
    "/device_types/0",
    "MAN-003",
    "Each device type names the sources of its status.",
  ]),
  invalid(
    "an event type delivered by e-mail",
    manifest({ event_types: [{ type: "com.convergint.alarm.raised.v1", delivery: ["email"] }] }),
    ["/event_types/0/delivery/0", "MAN-001", "Events are delivered by webhook or backfill."],
  ),
];

const ENTRY = {
  type: "com.campus.parking.barrier_raised.v1",
  family: "parking",
  version: "1",
  description: "A barrier was raised.",
  device_types: ["other"],
  delivery: ["webhook"],
};

/** Manifests and event catalogues. */
export const MANIFEST_PAYLOADS: PayloadCases = {
  Manifest: CASES,
  EventCatalog: [
    valid("no events at all", { data: [] }),
    valid("a type that the vendor defines", { data: [ENTRY] }),
    valid("an unknown family, for no device type, with its schema", {
      data: [
        {
          ...ENTRY,
          family: "weather",
          device_types: [],
          schema: "https://api.campus.example/schemas/hail-1.json",
        },
      ],
    }),
    invalid("a list instead of an object", [ENTRY], ["", "CAT-001", "The list is in data."]),
    invalid("without data", {}, ["/data", "CAT-001", "A vendor without events has an empty list."]),
    invalid("an entry without its delivery", { data: [without(ENTRY, "delivery")] }, [
      "/data/0/delivery",
      "CAT-001",
      "The catalogue says how events are delivered.",
    ]),
    invalid("a number instead of a version", { data: [{ ...ENTRY, version: 1 }] }, [
      "/data/0/version",
      "CAT-001",
      "The version is a string.",
    ]),
  ],
};
