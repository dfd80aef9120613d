export type { Send, SignedRequest } from "@convergint/delivery";
export { type Campus, type CampusOptions, createCampus } from "./campus.ts";
export type { ApiKey, Tenant } from "./credentials.ts";
export type { OutboxFile } from "./deliver/open-outbox.ts";
export { createEstate, type Estate, type EstateSize } from "./estate/estate.ts";
export type { CampusDevice } from "./estate/initial-status.ts";
export type { OauthClient } from "./oauth/token-route.ts";
export { differencesOf, drawVariation, PLAIN, type Variation } from "./variation/variation.ts";
