/** Which of our customers and sites a vendor's org and site are. */
export interface Binding {
  readonly integrationId: string;
  readonly orgId: string;
  /** `null` for every site of the org that has no binding of its own. */
  readonly siteId: string | null;
  readonly customerId: string;
  /** `null` with `siteId`: a site is then known by the vendor's id. */
  readonly customerSiteId: string | null;
  readonly boundAt: string;
}

/** An org and site of a vendor that nobody has bound, and what waits for it. */
export interface UnboundPlace {
  readonly integrationId: string;
  readonly orgId: string;
  readonly siteId: string;
  /** As the vendor's inventory names it. */
  readonly siteName: string | null;
  readonly devices: number;
  readonly events: number;
  readonly firstSeenAt: string;
}

/** What a change of a binding let loose. */
export interface Released {
  /** Quarantined events that took effect. */
  readonly events: number;
  /** Devices that now are a customer's. */
  readonly devices: number;
}

/**
 * Until its org and site are bound, an event or a device is quarantined: kept and listed, in no answer for a customer and
 * not among the changes. @see spec/1.0/contract.md#receiving
 */
export interface BindingStore {
  all(integrationId: string): Promise<readonly Binding[]>;
  /**
   * Binds, or binds anew. What was quarantined there takes effect as one: first the devices (`device_added` with the
   * status they have), then the events in the order of their arrival. Devices that were another customer's are
   * `device_removed` for that one.
   */
  bind(binding: Binding): Promise<Released>;
  /** Undoes a binding; its devices are `device_removed` for the customer. @returns whether there was one */
  unbind(place: Pick<Binding, "integrationId" | "orgId" | "siteId">, at: string): Promise<boolean>;
  /** What is quarantined, by place; those with most events first. */
  unbound(integrationId: string | null, limit: number): Promise<readonly UnboundPlace[]>;
}
