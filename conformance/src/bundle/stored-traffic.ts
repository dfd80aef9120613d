import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { isObject } from "../evidence/read.ts";
import { isDelivery, isExchange } from "../evidence/traffic.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Evidence as stored in a bundle: each exchange and delivery once, and parts that refer to them. */
export interface StoredEvidence {
  readonly traffic: Readonly<Record<string, Exchange | Delivery>>;
  readonly parts: unknown;
  readonly missing: EvidenceRecord["missing"];
}

const REFERENCE = "$traffic";

/** Replaces exchanges and deliveries with references. */
export function storeEvidence({ parts, missing }: EvidenceRecord): StoredEvidence {
  const traffic = new Map<string, Exchange | Delivery>();
  const refer = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(refer);
    if (isExchange(value) || isDelivery(value)) {
      const stored = traffic.get(value.id) ?? value;
      traffic.set(value.id, stored);
      // Two recorders can use the same id for different exchanges. The second exchange then stays inside the
      // part of the evidence that contains it.
      if (stored !== value && canonicalJson(stored) !== canonicalJson(value)) return value;
      return { [REFERENCE]: value.id };
    }
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, refer(member)]));
  };
  const stored = refer(parts);
  return { traffic: Object.fromEntries(traffic), parts: stored, missing };
}

/** Resolves references; equal references give the same object. @throws {Error} for an unknown reference */
export function restoreEvidence({ traffic, parts, missing }: StoredEvidence): EvidenceRecord {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (!isObject(value)) return value;
    const id = value[REFERENCE];
    if (typeof id === "string") {
      if (!Object.hasOwn(traffic, id)) throw new Error(`it refers to ${id}, which is missing`);
      return traffic[id];
    }
    if (isExchange(value) || isDelivery(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolve(member)]));
  };
  return { parts: resolve(parts) as EvidenceRecord["parts"], missing };
}
