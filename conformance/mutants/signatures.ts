import { changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const signatureMutants: VendorMutants = {
  "sig-001-hex": {
    breaks: "SIG-001",
    operator: "plain",
    defect: "the signature is encoded in hex",
    behaviour: () => ({
      deliver(delivery) {
        const [version, signature = ""] = (delivery.headers["webhook-signature"] ?? "").split(",");
        const hex = Buffer.from(signature, "base64").toString("hex");
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": `${version},${hex}` } };
      },
    }),
  },

  "sig-001-reformatted-body": {
    breaks: "SIG-001",
    operator: "plain",
    sharesNoRun: true,
    defect: "the body is reformatted after signing",
    behaviour: () => ({
      deliver: (delivery) => ({ ...delivery, body: JSON.stringify(JSON.parse(delivery.body), null, 2) }),
    }),
  },

  "sig-002-signed-an-hour-ago": {
    breaks: "SIG-002",
    operator: "staleness",
    sharesNoRun: true,
    defect: "the timestamp is the time when the event was queued, an hour ago",
    behaviour: ({ clock }) => ({
      deliver: (delivery, resign) => resign(delivery, { timestamp: new Date(clock.now() - 3_600_000) }),
    }),
  },

  "sig-003-id-of-its-own": {
    breaks: "SIG-003",
    operator: "plain",
    sharesNoRun: true,
    defect: "the webhook-id of a delivery differs from the id of its event",
    behaviour: () => ({ deliver: (delivery, resign) => resign(delivery, { id: crypto.randomUUID() }) }),
  },

  "sig-004-promises-v1a": {
    breaks: "SIG-004",
    operator: "plain",
    defect: "the manifest declares v1a signatures, but none are sent",
    behaviour: () => ({
      answer: changeManifest(({ webhooks }) => {
        webhooks.signature_schemes = ["v1", "v1a"];
        webhooks.public_keys = ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="];
      }),
    }),
  },
};
