/** Requirements that this version does not check, with their common reason. */
export interface ExclusionGroup {
  readonly reason: string;
  readonly ids: readonly string[];
}

/**
 * Why some requirements have no check. When you add a check, remove its requirement's id here: a test
 * compares checks and exclusions with the registry. Every report lists the exclusions in its profiles.
 */
export const exclusionGroups: readonly ExclusionGroup[] = [
  {
    reason:
      "Webhooks that the suite posts cannot show what a consumer does with its disk, memory or secrets. The consumer's own tests must prove this requirement.",
    ids: ["RCV-003", "RCV-011", "RCV-012", "RCV-023"],
  },
  {
    reason: "A MAY: nothing to check.",
    ids: ["RCV-017", "DLV-011"],
  },
  {
    reason:
      "The suite would have to stay silent for longer than the consumer expects (possibly hours), and then see how the consumer alerts its operators. The consumer's own tests must prove this requirement.",
    ids: ["RCV-021"],
  },
  {
    reason:
      "The suite would need a host name in public DNS that resolves to a public address at registration and to a private address at delivery. DLV-019 judges destinations that are private from the start.",
    ids: ["DLV-010"],
  },
  {
    reason:
      "This requirement can be tested only after some time. Make a later run with `run --continue BUNDLE`, which uses the tokens, the cursor and the events of the first run again. Then `compare` tests this requirement.",
    ids: ["EVT-024", "PAGE-010", "SYNC-004", "SYNC-005"],
  },
  {
    reason:
      "One run cannot show what the vendor changes later. Keep the bundle of each run: `compare OLDER NEWER` tests this requirement.",
    ids: ["MAN-005", "MAN-006", "SIG-005"],
  },
  {
    reason:
      "From outside, the suite cannot see whether the vendor's cloud knows more than it reports. A test would need a device whose true state the suite knows, such as one that it powers itself.",
    ids: ["DEV-009", "DEV-011"],
  },
  {
    reason:
      "This requirement is about how the vendor's cloud is built. A test would need the vendor's code, or a real device next to each sandbox device, to compare the two. EVT-001, EVT-007 and SYNC-002 judge the effects of the commands.",
    ids: ["SBX-005"],
  },
  {
    reason: "A MAY: nothing to check. INV-001 judges what is sent.",
    ids: ["DEV-012"],
  },
];

/** Why a requirement has no check, by requirement id. */
export const exclusions: ReadonlyMap<string, string> = new Map(
  exclusionGroups.flatMap(({ reason, ids }) => ids.map((id) => [id, reason] as const)),
);
