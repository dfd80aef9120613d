import type { OrgId, SiteId } from "@convergint/schemas";

/** What a listing of sites or devices may be narrowed to. */
export interface Filters {
  readonly org_id?: OrgId | undefined;
  readonly site_id?: SiteId | undefined;
}
