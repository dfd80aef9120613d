/** A part of a vendor's record that the contract does not allow. Texts of the vendor are printable and cut. */
export interface Fault {
  /** What has the fault. `page` is the page of a listing, around its records. */
  readonly record: "org" | "site" | "device" | "event" | "page";
  /** The vendor's id of the record; `null` if it has none. */
  readonly id: string | null;
  /** JSON pointer into the record. */
  readonly pointer: string;
  /** What is wrong and what the vendor should send instead. */
  readonly message: string;
  /** The violated requirement of the contract, if known. */
  readonly requirement: string | null;
  /** The value as sent, as JSON. */
  readonly value: string;
  /** Whether the whole record was set aside. If not, only the invalid member was left out. */
  readonly setAside: boolean;
}

/** The faults of one sync. */
export interface FaultReport {
  readonly count: number;
  /** How many records were set aside. */
  readonly setAside: number;
  /** The first faults, at most {@link MAX_FAULTS}. */
  readonly first: readonly Fault[];
}

export const NO_FAULTS: FaultReport = { count: 0, setAside: 0, first: [] };

/** The maximum number of faults that a report lists. Reports are stored with every sync. */
export const MAX_FAULTS = 20;
/** The maximum number of faults of one member in a report, so that a frequent fault does not hide the others. */
const MAX_PER_MEMBER = 3;

/** Collects faults in bounded memory. */
export interface FaultCollector {
  add(fault: Fault): void;
  report(): FaultReport;
}

/** Names the faulty member without positions in arrays, so that two entries of an array are the same member. */
export const toMember = ({ record, pointer }: Fault): string =>
  `${record} ${pointer.replaceAll(/\/\d+(?=\/|$)/g, "/*")}`;

/** Creates a collector. */
export function createFaultCollector(): FaultCollector {
  const first: Fault[] = [];
  const perMember = new Map<string, number>();
  let count = 0;
  let setAside = 0;
  return {
    add(fault) {
      count += 1;
      if (fault.setAside) setAside += 1;
      if (first.length >= MAX_FAULTS) return;
      const member = toMember(fault);
      const seen = perMember.get(member) ?? 0;
      if (seen >= MAX_PER_MEMBER) return;
      perMember.set(member, seen + 1);
      first.push(fault);
    },
    report: () => ({ count, setAside, first: [...first] }),
  };
}

/** Combines the faults of two readings. */
export const mergeFaults = (a: FaultReport, b: FaultReport): FaultReport => ({
  count: a.count + b.count,
  setAside: a.setAside + b.setAside,
  first: [...a.first, ...b.first].slice(0, MAX_FAULTS),
});

/**
 * Returns the faults of an earlier listing that a later one, which lists only changes, leaves in force.
 *
 * @param isReplaced whether the later listing says something new about the faulty record
 */
export function carryFaults(earlier: FaultReport, isReplaced: (fault: Fault) => boolean): FaultReport {
  const first = earlier.first.filter((fault) => !isReplaced(fault));
  const replaced = earlier.first.filter(isReplaced);
  return {
    count: earlier.count - replaced.length,
    setAside: earlier.setAside - replaced.filter(({ setAside }) => setAside).length,
    first,
  };
}

/** How many faults a sentence describes. */
const MAX_DESCRIBED = 2;

/** Describes a fault in one line, without a full stop. */
export const describeFault = ({ record, id, pointer, value, message, requirement }: Fault): string => {
  const what = `${record}${id === null ? "" : ` ${id}`}${pointer === "" ? "" : `, ${pointer}`}`;
  return `${what} is ${value}: ${message.replace(/\.$/, "")}${requirement === null ? "" : ` (${requirement})`}`;
};

/** Describes the faults of a sync in a human-readable text; `null` if there are none. */
export function describeFaults({ count, setAside, first }: FaultReport): string | null {
  if (count === 0) return null;
  const described = first.slice(0, MAX_DESCRIBED).map(describeFault);
  const more = count > described.length ? [`${count - described.length} more`] : [];
  const faults = `Applied with ${count} fault${count === 1 ? "" : "s"} of the vendor: ${[...described, ...more].join("; ")}.`;
  if (setAside === 0) return faults;
  const records = setAside === 1 ? "1 record has" : `${setAside} records have`;
  return `${faults} ${records} no valid key or place and were set aside.`;
}
