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
      "Posting to a consumer cannot show what it does with its disk, memory or secrets. The consumer's own tests must prove it.",
    ids: ["RCV-003", "RCV-011", "RCV-012", "RCV-023"],
  },
  {
    reason: "A MAY: nothing to check.",
    ids: ["RCV-017", "DLV-011"],
  },
  {
    reason:
      "It needs a silence longer than the consumer expects, possibly hours, and a look at how the consumer alerts its operators. The consumer's own tests must prove it.",
    ids: ["RCV-021"],
  },
  {
    reason:
      "It needs a host name in public DNS that resolves to a public address at registration and to a private one at delivery. DLV-019 judges destinations that are private from the start.",
    ids: ["DLV-010"],
  },
  {
    reason: "It takes longer than a run to observe: minutes, days, or the time between two versions.",
    ids: [
      "EVT-024",
      "INV-008",
      "MAN-005",
      "MAN-006",
      "PAGE-010",
      "ERR-006",
      "EVT-013",
      "SIG-005",
      "SYNC-004",
      "SYNC-005",
    ],
  },
  {
    reason:
      "Only an overloaded vendor shows it, and the suite never overloads one: it waits as `Retry-After` says.",
    ids: ["ERR-004", "ERR-005"],
  },
  {
    reason:
      "A sandbox on a loopback address cannot show it. An https target whose certificate is not trusted by public roots is reported as unreachable, and MAN-007 judges the URLs in the manifest.",
    ids: ["SEC-004"],
  },
  {
    reason: "It is not visible from outside whether the vendor's cloud knows more than it reports.",
    ids: ["DEV-008", "DEV-009", "DEV-010", "DEV-011", "PAGE-011"],
  },
  {
    reason:
      "The suite reads the inventory before it registers an endpoint; whether another endpoint was registered before is not visible from outside.",
    ids: ["INV-013"],
  },
  {
    reason:
      "It is not visible from outside: it is about how the vendor's cloud is built, or what other clients get.",
    ids: ["INV-010", "SBX-005", "SEC-003"],
  },
  {
    reason:
      "A 2xx for a call that had to fail is reported where the suite provokes it: AUTH-001, AUTH-002, PAGE-005, SITE-006, INV-004, INV-006, INV-011. A hidden failure is not visible from outside.",
    ids: ["ERR-003"],
  },
  {
    reason:
      "INV-003 and INV-007 report what a filtered listing has and the unfiltered one lacks; what no listing has is not visible from outside.",
    ids: ["INV-012"],
  },
  {
    reason:
      "A site that no listing has is not visible from outside. INV-003 reports an empty site that is missing, if there is one.",
    ids: ["SITE-007"],
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
