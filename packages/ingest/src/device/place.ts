import type { Binding } from "../store/binding-store.ts";

/** One of our customers' sites. */
export interface Place {
  readonly customerId: string;
  readonly customerSiteId: string;
}

/**
 * Which of our places a vendor's org and site are: the binding of the site itself goes before that of its org. Where the
 * org is bound, a site is known by the vendor's id.
 *
 * @param bindings of the integration, at least those of the org
 * @returns `null` where nobody has bound it
 */
export function placeOf(
  bindings: readonly Pick<Binding, "orgId" | "siteId" | "customerId" | "customerSiteId">[],
  orgId: string,
  siteId: string,
): Place | null {
  const ofOrg = bindings.filter((binding) => binding.orgId === orgId);
  const bound =
    ofOrg.find((binding) => binding.siteId === siteId) ?? ofOrg.find((binding) => binding.siteId === null);
  return bound ? { customerId: bound.customerId, customerSiteId: bound.customerSiteId ?? siteId } : null;
}
