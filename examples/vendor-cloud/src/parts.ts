/** Parts of the contract that a vendor may leave out. */
export const CAMPUS_PARTS = ["endpoint-management", "sandbox", "webhooks", "backfill"] as const;

/** A part of the contract that a vendor may leave out. */
export type CampusPart = (typeof CAMPUS_PARTS)[number];
