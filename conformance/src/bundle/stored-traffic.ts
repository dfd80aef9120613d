import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { isObject } from "../evidence/read.ts";
import { isDelivery, isExchange } from "../evidence/traffic.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Evidence as a bundle stores it: what went over the wire once, and references where parts of the evidence have it. */
export interface StoredEvidence {
  readonly traffic: Readonly<Record<string, Exchange | Delivery>>;
  readonly parts: unknown;
  readonly missing: EvidenceRecord["missing"];
}

const REFERENCE = "$traffic";

/** Puts references in place of exchanges and deliveries, whatever parts of the evidence there are. */
export function store({ parts, missing }: EvidenceRecord): StoredEvidence {
  const traffic = new Map<string, Exchange | Delivery>();
  const refer = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(refer);
    if (isExchange(value) || isDelivery(value)) {
      const stored = traffic.get(value.id) ?? value;
      traffic.set(value.id, stored);
      // Two of one id, of two recorders, say: the second stays where it is.
      if (stored !== value && canonicalJson(stored) !== canonicalJson(value)) return value;
      return { [REFERENCE]: value.id };
    }
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, refer(member)]));
  };
  const stored = refer(parts);
  return { traffic: Object.fromEntries(traffic), parts: stored, missing };
}

/** Puts exchanges and deliveries back, each the same object wherever it is. @throws {Error} for an unknown reference */
export function restore({ traffic, parts, missing }: StoredEvidence): EvidenceRecord {
  const look = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(look);
    if (!isObject(value)) return value;
    const id = value[REFERENCE];
    if (typeof id === "string") {
      if (!Object.hasOwn(traffic, id)) throw new Error(`it refers to ${id}, which it does not have`);
      return traffic[id];
    }
    if (isExchange(value) || isDelivery(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, look(member)]));
  };
  return { parts: look(parts) as EvidenceRecord["parts"], missing };
}
