export { type Campus, type CampusOptions, createCampus } from "./campus.ts";
export type { ApiKey } from "./credentials.ts";
export type { Delivery, DeliveryAnswer, Send } from "./deliver/send.ts";
export { createEstate, type Estate } from "./estate/estate.ts";
export type { CampusDevice } from "./estate/initial-status.ts";
