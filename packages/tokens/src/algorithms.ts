/** The algorithms of tokens: RSA with SHA-256, P-256 with SHA-256, and Ed25519 (RFC 7518, RFC 8037). */
export const TOKEN_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Tells whether a value is an algorithm of tokens. */
export const isTokenAlgorithm = (value: unknown): value is TokenAlgorithm =>
  TOKEN_ALGORITHMS.some((each) => each === value);
