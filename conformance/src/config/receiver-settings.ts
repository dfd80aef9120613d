import { z } from "zod";
import { setting } from "./setting.ts";
import {
  file,
  httpUrl,
  identifier,
  inventoryKey,
  pollSeconds,
  port,
  statusUrl,
  webhookKey,
  webhookSecret,
} from "./value-schemas.ts";
import { fuzzLimits, vendorSettings } from "./vendor-settings.ts";

/** The settings of the inventory that a consumer polls. */
const polledInventory = {
  org: setting(identifier, {
    flag: "--org <id>",
    description: "org that the consumer has bound; the suite's devices are in this org",
    fallback: "conformance-org",
  }),
  site: setting(identifier, {
    flag: "--site <id>",
    description: "site of that org",
    fallback: "conformance-site",
  }),
  inventoryPort: setting(port, {
    flag: "--inventory-port <port>",
    description: "serve an inventory on this port for the consumer to poll",
  }),
  inventoryPublicUrl: setting(httpUrl(), {
    flag: "--inventory-public-url <url>",
    description: "URL at which the consumer reaches the inventory",
    otherwise: "the inventory listens on loopback",
  }),
  inventoryKey: setting(inventoryKey, {
    flag: "--inventory-key <key>",
    variable: "CONFORMANCE_INVENTORY_KEY",
    description: "API key with which the consumer polls the inventory; make one up",
    isCredential: true,
  }),
  inventoryPublicKeyFile: setting(file, {
    flag: "--inventory-public-key-file <file>",
    variable: "CONFORMANCE_INVENTORY_PUBLIC_KEY_FILE",
    description:
      "file of the public key (PEM) of a consumer that polls the inventory with signed tokens, instead of --inventory-key",
    isPath: true,
  }),
  pollSeconds: setting(pollSeconds, {
    flag: "--poll-seconds <n>",
    description: "the consumer's polling interval",
    fallback: "10",
  }),
};

/** The settings of `inventory`. */
export const inventorySettings = z.strictObject(polledInventory);

/** The settings of `run receiver`, which reads no config file. */
export const receiverSettings = z.strictObject({
  url: setting(httpUrl({ allowQuery: true }), {
    flag: "--url <url>",
    description: "webhook endpoint of the consumer",
  }),
  secrets: setting(z.array(webhookSecret), {
    flag: "--secret <whsec>",
    variable: "CONFORMANCE_WEBHOOK_SECRETS",
    description: "secret with which the consumer verifies webhooks; give two during a rotation",
    isCredential: true,
  }),
  otherSecret: setting(webhookSecret, {
    flag: "--other-secret <whsec>",
    variable: "CONFORMANCE_OTHER_SECRET",
    description: "secret of another integration of the same consumer",
    isCredential: true,
  }),
  statusUrl: setting(statusUrl, {
    flag: "--status-url <url>",
    description:
      "URL that returns a device's status as JSON to the customer of --org; {device_id} is replaced",
  }),
  statusToken: setting(z.string(), {
    flag: "--status-token <token>",
    variable: "CONFORMANCE_STATUS_TOKEN",
    description: "bearer token for --status-url",
    isCredential: true,
  }),
  ...polledInventory,
  proxy: vendorSettings.shape.proxy,
  proxyDns: vendorSettings.shape.proxyDns,
  reports: vendorSettings.shape.reports,
  bundle: vendorSettings.shape.bundle,
  baseline: vendorSettings.shape.baseline,
  timeBudgetSeconds: vendorSettings.shape.timeBudgetSeconds,
  // With --fuzz.
  ...fuzzLimits,
});

/** The settings of `send`. */
export const sendSettings = z.strictObject({
  to: setting(httpUrl({ allowQuery: true }), { flag: "--to <url>", description: "URL to post to" }),
  secrets: receiverSettings.shape.secrets,
  org: setting(identifier, {
    flag: "--org <id>",
    description: "org of made-up events",
    fallback: "conformance-org",
  }),
  site: setting(identifier, {
    flag: "--site <id>",
    description: "site of made-up events",
    fallback: "conformance-site",
  }),
  device: setting(identifier, {
    flag: "--device <id>",
    description: "device of made-up events",
    fallback: "conformance-device",
  }),
  proxy: vendorSettings.shape.proxy,
  proxyDns: vendorSettings.shape.proxyDns,
});

/** The settings of `listen`. */
export const listenSettings = z.strictObject({
  keys: setting(z.array(webhookKey), {
    flag: "--secret <key>",
    variable: "CONFORMANCE_WEBHOOK_SECRET",
    description: "whsec_ secret or whpk_ public key; repeatable",
    otherwise: "a generated secret",
    isCredential: true,
  }),
  port: setting(port, {
    flag: "--port <port>",
    description: "port to listen on; 0 picks a free one",
    fallback: "4020",
  }),
});

/** The settings of `dev`. */
export const devSettings = z.strictObject({
  ...vendorSettings.pick({
    target: true,
    allowHosts: true,
    allowPrivateNetworks: true,
    proxy: true,
    proxyDns: true,
    triggerCommand: true,
    publicUrl: true,
    endpointUrl: true,
    webhookSecret: true,
    apiKey: true,
    clientId: true,
    clientSecret: true,
    privateKeyFile: true,
    keyId: true,
    issuer: true,
    audience: true,
  }).shape,
  port: setting(port, {
    flag: "--port <port>",
    description: "port for webhooks; 0 picks a free one",
    fallback: "4020",
  }),
  pollSeconds: setting(pollSeconds, {
    flag: "--poll-seconds <n>",
    description: "how often to poll the inventory, at least 6 s apart",
    fallback: "10",
  }),
  forwardTo: setting(httpUrl({ allowQuery: true }), {
    flag: "--forward-to <url>",
    description: "your own service, to which every webhook is forwarded unchanged",
  }),
});
