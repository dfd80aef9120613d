/** Requirements that this version has no check for, and why, once for all that share the reason. */
export interface ExclusionGroup {
  readonly reason: string;
  readonly ids: readonly string[];
}

/**
 * Why each requirement without a check has none. Whoever writes a check takes its id out here; a test compares both
 * with the registry, and every report lists those of its profiles.
 */
export const exclusionGroups: readonly ExclusionGroup[] = [
  {
    reason:
      "It cannot be seen by posting to a consumer: it is about what it does with its disk, its memory or its secrets. A consumer proves it by tests of its own.",
    ids: ["RCV-003", "RCV-011", "RCV-012", "RCV-023"],
  },
  {
    reason: "It allows, and asks for nothing.",
    ids: ["RCV-017", "DLV-011"],
  },
  {
    reason:
      "It takes a silence longer than the consumer expects, which may be hours, and a look at what it tells its people. A consumer proves it by tests of its own.",
    ids: ["RCV-021"],
  },
  {
    reason:
      "A name that leads to a public address when it is registered and to a private one when it is posted to would have to be served in the public DNS. Destinations that are private from the beginning are judged as DLV-019.",
    ids: ["DLV-010"],
  },
  {
    reason:
      "It would have to be watched for longer than a run: for minutes, days, or from one version to the next.",
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
      "Only an overloaded vendor shows it, and the suite overloads none; it waits as `Retry-After` says.",
    ids: ["ERR-004", "ERR-005"],
  },
  {
    reason:
      "A sandbox on a loopback address cannot show it. An https target whose certificate public roots do not vouch for ends as unreachable, and the URLs that the manifest names are judged as MAN-007.",
    ids: ["SEC-004"],
  },
  {
    reason: "It cannot be seen from outside whether the vendor's cloud knows better than it says.",
    ids: ["DEV-008", "DEV-009", "DEV-010", "DEV-011", "PAGE-011"],
  },
  {
    reason:
      "The suite reads the inventory before it registers an endpoint of its own; whether another was registered before cannot be seen from outside.",
    ids: ["INV-013"],
  },
  {
    reason:
      "It cannot be seen from outside: it is about how the vendor's cloud is made, or what others are served.",
    ids: ["INV-010", "SBX-005", "SEC-003"],
  },
  {
    reason:
      "A call that had to fail and was answered with 2xx is seen where it is provoked: AUTH-001, AUTH-002, PAGE-005, SITE-006, INV-004, INV-006, INV-011. A failure that is hidden cannot be seen from outside.",
    ids: ["ERR-003"],
  },
  {
    reason:
      "What a filter lists and the unfiltered listing lacks is seen as INV-003 and INV-007; what no listing has cannot be seen from outside.",
    ids: ["INV-012"],
  },
  {
    reason:
      "A site that no listing has cannot be seen from outside. That an empty one is listed is seen as INV-003 where there is one.",
    ids: ["SITE-007"],
  },
  {
    reason: "It allows, and asks for nothing. What is sent is judged as INV-001.",
    ids: ["DEV-012"],
  },
];

/** The reason for having no check, by requirement. */
export const exclusions: ReadonlyMap<string, string> = new Map(
  exclusionGroups.flatMap(({ reason, ids }) => ids.map((id) => [id, reason] as const)),
);
