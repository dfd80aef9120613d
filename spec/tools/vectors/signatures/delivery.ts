import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

const whsec = (bytes: Buffer): string => `whsec_${bytes.toString("base64")}`;

/** Secrets of `v1`. Most describe their purpose once decoded. */
export const SECRETS = {
  current: whsec(Buffer.from("test-only vector secret, current")),
  next: whsec(Buffer.from("test-only vector secret, the new")),
  stranger: whsec(Buffer.from("test-only vector secret, unknown")),
  shortest: whsec(Buffer.from("test-only: 24 bytes long")),
  longest: whsec(Buffer.from("test-only: ".padEnd(64, "sixty-four bytes "))),
  /** The base64 of this secret contains `+` and `/`, which reveals a verifier that decodes base64url. */
  slashes: whsec(Buffer.from(Array.from({ length: 32 }, (_, index) => (0xfb + index * 31) % 256))),
} as const;

/** Returns the bytes of a `v1` secret. */
export const secretBytes = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

/** The PKCS #8 prefix of the 32 bytes of an Ed25519 private key. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

interface KeyPair {
  /** `whsk_` and the base64 of the 32 bytes that RFC 8032 calls the private key. */
  readonly secret: string;
  /** `whpk_` and the base64 of the 32-byte public key. */
  readonly public: string;
  readonly signer: KeyObject;
}

function keyPair(privateKey: string): KeyPair {
  const bytes = Buffer.from(privateKey, "hex");
  const signer = createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(signer).export({ format: "der", type: "spki" }).subarray(-32);
  return {
    secret: `whsk_${bytes.toString("base64")}`,
    public: `whpk_${publicKey.toString("base64")}`,
    signer,
  };
}

/** Keys of `v1a`: those of RFC 8032, section 7.1, which are public. */
export const KEY_PAIRS = {
  current: keyPair("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
  next: keyPair("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
  stranger: keyPair("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
} as const;

/** What a signature covers: id, timestamp and body. */
export interface Delivery {
  readonly id: string;
  /** The value of the timestamp header, exactly as the header contains it. */
  readonly timestamp: string;
  readonly body: Buffer;
}

/** The time at which the vectors are signed, and the time on the verifier's clock. */
export const NOW = Date.UTC(2026, 10, 23, 8, 31, 8) / 1000;

const EVENT_ID = "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z";

/** An event as one line of JSON. */
export const EVENT = {
  specversion: "1.0",
  id: EVENT_ID,
  source: "urn:example-campus:org:org_1",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:31:07.120Z",
  subject: "cam_1",
  data: { org_id: "org_1", site_id: "site_1", device_id: "cam_1", status: "offline" },
};

/** The delivery of most vectors. */
export const DELIVERY: Delivery = {
  id: EVENT_ID,
  timestamp: String(NOW),
  body: Buffer.from(JSON.stringify(EVENT)),
};

/** Returns the signed content of a delivery: `id.timestamp.body`. */
export const signedContent = ({ id, timestamp, body }: Delivery): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);

/** Computes an HMAC with any algorithm and encoding; `v1` uses SHA-256 and base64. */
export const hmac = (
  key: Buffer,
  content: Buffer,
  algorithm = "sha256",
  writing: "base64" | "base64url" | "hex" = "base64",
): string => createHmac(algorithm, key).update(content).digest(writing);

/** Signs like a vendor: `v1` with a `whsec_` secret, `v1a` with a `whsk_` key. */
export function signature(key: string, delivery: Delivery): string {
  const content = signedContent(delivery);
  const pair = Object.values(KEY_PAIRS).find(({ secret }) => secret === key);
  return pair
    ? `v1a,${sign(null, content, pair.signer).toString("base64")}`
    : `v1,${hmac(secretBytes(key), content)}`;
}

/** Returns one signature per key, separated by spaces. */
export const signatures = (keys: readonly string[], delivery: Delivery): string =>
  keys.map((key) => signature(key, delivery)).join(" ");
