import { invalid, type PayloadCases, valid, without } from "./samples.ts";

const PROBLEM = { title: "Unknown site", status: 404, code: "unknown_site" };
const REQUEST = { url: "https://hooks.convergint.example/v1/webhooks/int_42" };
const ENDPOINT = { ...REQUEST, endpoint_id: "we_3k9d", created_at: "2026-11-23T08:30:00Z" };
const SECRET = "whsec_dGVzdC1vbmx5IHZlY3RvciBzZWNyZXQsIGN1cnJlbnQ=";
const ROTATED = { secret: SECRET, previous_expires_at: "2026-11-24T08:30:00Z" };
const NEW_DEVICE = { site_id: "site_1", type: "camera", name: "New camera" };

/** Problems, webhook endpoints and sandbox control. */
export const EXCHANGE_PAYLOADS: PayloadCases = {
  Problem: [
    valid("the required members, and no more", PROBLEM),
    valid("every member of the contract, and an unknown one", {
      ...PROBLEM,
      type: "about:blank",
      detail: "No site with this id is visible to this credential.",
      instance: "urn:example-campus:problem:5f1c2a",
      request_id: "req_5f1c2a",
      errors: [{ pointer: "/site_id", detail: "Send the id of a site.", requirement: "INV-004" }],
      hint: "List the sites.",
    }),
    valid("an unknown code", { ...PROBLEM, code: "tenant_on_holiday_2" }),
    valid("null for every optional member", {
      ...PROBLEM,
      type: null,
      detail: null,
      errors: null,
      request_id: null,
    }),
    invalid("without a code", without(PROBLEM, "code"), ["/code", "ERR-001", "Programs act on the code."]),
    invalid("without the status", without(PROBLEM, "status"), [
      "/status",
      "ERR-001",
      "The problem repeats the HTTP status.",
    ]),
    invalid("without a title", without(PROBLEM, "title"), ["/title", "ERR-001", "People read the title."]),
    invalid("the status as a string", { ...PROBLEM, status: "404" }, [
      "/status",
      "ERR-001",
      "The status is a number.",
    ]),
    invalid("the status of a success", { ...PROBLEM, status: 200 }, [
      "/status",
      "ERR-001",
      "An error does not have a success status.",
    ]),
    invalid("a number instead of a code", { ...PROBLEM, code: 40412 }, [
      "/code",
      "ERR-001",
      "A code is a stable string.",
    ]),
    invalid("a sentence instead of a code", { ...PROBLEM, code: "Unknown site" }, [
      "/code",
      "ERR-001",
      "A code is in lower case, with underscores.",
    ]),
  ],
  WebhookEndpointRequest: [
    valid("a destination", REQUEST),
    valid("a destination for one org and two types", {
      ...REQUEST,
      org_id: "org_1",
      event_types: ["com.convergint.device.status_changed.v1", "com.campus.parking.barrier_raised.v1"],
    }),
    valid("null for every optional member", { ...REQUEST, org_id: null, event_types: null }),
    invalid("without a destination", { org_id: "org_1" }, ["/url", null, "An endpoint has a destination."]),
    invalid("a destination without a scheme", { url: "hooks.convergint.example" }, [
      "/url",
      null,
      "URLs are absolute.",
    ]),
    invalid(
      "one event type that is not in a list",
      { ...REQUEST, event_types: "com.convergint.alarm.raised.v1" },
      ["/event_types", null, "event_types is a list, even with one item."],
    ),
  ],
  WebhookEndpoint: [
    valid("a registered destination", ENDPOINT),
    valid("a stopped destination", { ...ENDPOINT, state: "stopped", stopped_reason: "gone" }),
    invalid("without its id", without(ENDPOINT, "endpoint_id"), [
      "/endpoint_id",
      "DLV-018",
      "The consumer deletes the endpoint by its id.",
    ]),
    invalid("a state that only the vendor uses", { ...ENDPOINT, state: "paused" }, [
      "/state",
      "DLV-018",
      "An endpoint is active or stopped.",
    ]),
    invalid("a destination without a scheme", { ...ENDPOINT, url: "hooks.convergint.example" }, [
      "/url",
      "DLV-018",
      "URLs are absolute.",
    ]),
  ],
  WebhookEndpointCreated: [
    valid("a destination with its secret", { ...ENDPOINT, secret: SECRET }),
    invalid("without its secret", ENDPOINT, ["/secret", "SEC-002", "This response shows the secret."]),
    invalid("a secret without whsec_", { ...ENDPOINT, secret: SECRET.slice("whsec_".length) }, [
      "/secret",
      "SEC-002",
      "A secret is whsec_ and the base64 of its bytes.",
    ]),
  ],
  WebhookEndpointList: [
    valid("none", { data: [] }),
    valid("one", { data: [ENDPOINT] }),
    invalid("without data", { endpoints: [] }, ["/data", "DLV-018", "The list is in data."]),
  ],
  RotatedSecret: [
    valid("a new secret", ROTATED),
    invalid("without its secret", without(ROTATED, "secret"), [
      "/secret",
      "SEC-002",
      "This response shows the new secret.",
    ]),
    invalid("without the expiry of the previous secret", without(ROTATED, "previous_expires_at"), [
      "/previous_expires_at",
      "SEC-010",
      "The consumer must know until when the vendor signs with both secrets.",
    ]),
  ],
  PingAccepted: [
    valid("the id of the event", { event_id: "evt_1" }),
    invalid("without it", {}, ["/event_id", "EVT-006", "The consumer waits for the event with this id."]),
  ],
  SandboxStatusCommand: [
    valid("a status", { status: "offline" }),
    valid("a status with its reason", { status: "unknown", status_reason: "parent_unreachable" }),
    invalid("a status that only the vendor uses", { status: "red" }, [
      "/status",
      "SBX-001",
      "There are four statuses.",
    ]),
    invalid("nothing", {}, ["/status", "SBX-001", "status is required."]),
  ],
  SandboxEventCommand: [
    valid("a type of the catalogue", { type: "com.convergint.device.heartbeat.v1" }),
    invalid("nothing", {}, ["/type", "SBX-006", "type is required."]),
  ],
  SandboxDeviceCommand: [
    valid("a device", NEW_DEVICE),
    ...(["site_id", "type", "name"] as const).map((member) =>
      invalid(`without ${member}`, without(NEW_DEVICE, member), [
        `/${member}`,
        "SBX-006",
        `${member} is required.`,
      ]),
    ),
  ],
  SandboxMoveCommand: [
    valid("a site", { site_id: "site_2" }),
    invalid("null for the site", { site_id: null }, ["/site_id", "SBX-006", "site_id is required."]),
  ],
};
