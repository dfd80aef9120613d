/** The mutation operators. Each says what is wrong in its mutants. */
export const operators = {
  boundary: "the first or last item, an empty list, or a value exactly at a limit",
  scope: "one type, site, org, tenant, endpoint, page or kind of call; the others are right",
  staleness: "an earlier state, page, time or signature in place of the current one",
  order: "the order of events, pages or steps",
  omission:
    "something that happens while pages are read, deliveries wait or many callers act at the same time is lost or counted twice",
  combination:
    "a combination of two things that are each right: two filters, a filter and a token, a deletion and a retry",
  persistence: "something comes back, continues after its end, or ends too early",
  plain: "none of these",
} as const;

/** The mutation operator that yields a mutant. */
export type Operator = keyof typeof operators;
