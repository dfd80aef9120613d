import { DELIVERY, type Delivery, NOW, signatures } from "./delivery.ts";

/** A case of signatures.json. */
export interface SignatureCase {
  readonly name: string;
  readonly scheme: "v1" | "v1a";
  readonly keys: readonly string[];
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64: string;
  readonly valid: boolean;
  readonly sign_with?: readonly string[];
  readonly reason?: string;
  readonly requirement?: string;
  readonly explanation?: string;
  readonly standardwebhooks_package?: { readonly accepts: boolean; readonly because: string };
}

/** What the verifier receives. Default: the signed delivery. */
interface Arrival {
  readonly keys: readonly string[];
  readonly scheme?: "v1" | "v1a";
  readonly now?: number;
  readonly delivery?: Delivery;
  /** Headers that replace the signed ones; `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly differs?: SignatureCase["standardwebhooks_package"];
}

const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString("utf8")).equals(bytes);

function arrived(name: string, signed: string, arrival: Arrival) {
  const { keys, scheme = "v1", now = NOW, delivery = DELIVERY, headers = {} } = arrival;
  const { id, timestamp, body } = delivery;
  const sent = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signed, ...headers };
  return {
    name,
    scheme,
    keys,
    now,
    headers: Object.fromEntries(
      Object.entries(sent).filter((header): header is [string, string] => header[1] !== undefined),
    ),
    ...(isUtf8(body) ? { body: body.toString("utf8") } : {}),
    body_base64: body.toString("base64"),
  };
}

const difference = ({ differs }: Arrival) => (differs ? { standardwebhooks_package: differs } : {});

/** Builds a case of a delivery that verifies. The delivery is signed with these keys, in this order. */
export const good = (name: string, signWith: readonly string[], arrival: Arrival): SignatureCase => ({
  ...arrived(name, signatures(signWith, arrival.delivery ?? DELIVERY), arrival),
  valid: true,
  sign_with: signWith,
  ...difference(arrival),
});

/** Builds a case in which one of several signatures is valid and the verifier cannot check the others. */
export const goodAmong = (name: string, signed: string, arrival: Arrival): SignatureCase => ({
  ...arrived(name, signed, arrival),
  valid: true,
  ...difference(arrival),
});

/** The reason why a delivery must be refused. */
export interface Fault {
  /** Stable code for programs. */
  readonly reason: string;
  readonly requirement: string;
  /** One human-readable sentence. */
  readonly explanation: string;
}

/** Builds a case that must be refused. */
export const bad = (
  name: string,
  { reason, requirement, explanation }: Fault,
  signed: string,
  arrival: Arrival,
): SignatureCase => ({
  ...arrived(name, signed, arrival),
  valid: false,
  reason,
  requirement,
  explanation,
  ...difference(arrival),
});
