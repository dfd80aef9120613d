/** Maps a vendor's org, or one of its sites, to a customer. */
export interface Binding {
  readonly integrationId: string;
  readonly orgId: string;
  /** The vendor's site; `null` binds every site of the org, except sites with their own binding. */
  readonly siteId: string | null;
  readonly customerId: string;
  /**
   * `null` if `siteId` is `null`. The binding then covers all sites of the org, and each site keeps the
   * vendor's site id.
   */
  readonly customerSiteId: string | null;
  readonly boundAt: string;
}

/** A customer's site. */
export interface Place {
  readonly customerId: string;
  readonly customerSiteId: string;
}

/**
 * Finds the customer's site for a vendor's org and site. A binding of the site takes precedence over a
 * binding of its org; under a binding of the org, the site keeps the vendor's site id.
 *
 * @param bindings the integration's bindings, including at least all bindings of the org
 * @returns `null` if neither the site nor its org is bound
 */
export function findPlace(
  bindings: readonly Pick<Binding, "orgId" | "siteId" | "customerId" | "customerSiteId">[],
  orgId: string,
  siteId: string,
): Place | null {
  const ofOrg = bindings.filter((binding) => binding.orgId === orgId);
  const bound =
    ofOrg.find((binding) => binding.siteId === siteId) ?? ofOrg.find((binding) => binding.siteId === null);
  return bound ? { customerId: bound.customerId, customerSiteId: bound.customerSiteId ?? siteId } : null;
}
