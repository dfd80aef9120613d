import type { Binding } from "./binding-store.ts";

/** A binding as either store keeps it. */
export interface BindingRow {
  readonly integration_id: string;
  readonly org_id: string;
  /** `""` for every site of the org that has no binding of its own. */
  readonly site_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string | null;
  readonly bound_at: string;
}

export const bindingOf = (row: BindingRow): Binding => ({
  integrationId: row.integration_id,
  orgId: row.org_id,
  siteId: row.site_id === "" ? null : row.site_id,
  customerId: row.customer_id,
  customerSiteId: row.customer_site_id,
  boundAt: row.bound_at,
});
