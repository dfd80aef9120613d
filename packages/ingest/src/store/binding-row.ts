import type { Binding } from "../domain/binding.ts";

/** A row of the table `binding`, in either store. */
export interface BindingRow {
  readonly integration_id: string;
  readonly org_id: string;
  /** `""` binds every site of the org, except sites with their own binding. */
  readonly site_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string | null;
  readonly bound_at: string;
}

export const toBinding = (row: BindingRow): Binding => ({
  integrationId: row.integration_id,
  orgId: row.org_id,
  siteId: row.site_id === "" ? null : row.site_id,
  customerId: row.customer_id,
  customerSiteId: row.customer_site_id,
  boundAt: row.bound_at,
});

/** The columns of the table `binding`, in either store. */
export const BINDING_COLUMNS = [
  "integration_id",
  "org_id",
  "site_id",
  "customer_id",
  "customer_site_id",
  "bound_at",
] as const satisfies readonly (keyof BindingRow)[];
