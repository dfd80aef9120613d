import type { OrgId, SiteId } from "@convergint/schemas";

/** The filters of a listing of sites or devices. */
export interface Filters {
  readonly org_id?: OrgId | undefined;
  readonly site_id?: SiteId | undefined;
}
