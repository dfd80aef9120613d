import { addEventType, changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

const PING = "com.convergint.webhook.ping.v1";
const withoutPing = (entries: { type: string }[]) => entries.filter(({ type }) => type !== PING);

export const discoveryMutants: VendorMutants = {
  "man-001-page-size-as-text": {
    breaks: "MAN-001",
    operator: "plain",
    sharesNoRun: true,
    defect: "the manifest gives max_page_size as a string",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.inventory.max_page_size = "1000";
      }),
    }),
  },

  "man-002-next-major-version": {
    breaks: "MAN-002",
    operator: "plain",
    defect: "the manifest names contract version 2.0",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.contract_version = "2.0";
      }),
    }),
  },

  "man-003-undeclared-type": {
    breaks: "MAN-003",
    operator: "scope",
    defect: "the manifest does not list the speakers in the inventory",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.device_types = manifest.device_types.filter(
          ({ type }: { type: string }) => type !== "speaker",
        );
      }),
    }),
  },

  "man-004-health-by-backfill-only": {
    breaks: "MAN-004",
    operator: "plain",
    defect: "the manifest offers status_changed only by backfill",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        for (const entry of manifest.event_types) entry.delivery = ["backfill"];
      }),
    }),
  },

  "man-007-documentation-in-the-clear": {
    breaks: "MAN-007",
    operator: "plain",
    defect: "the documentation URL in the manifest is plain http",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.vendor.documentation_url = "http://docs.campus.example/api";
      }),
    }),
  },

  "man-007-password-in-a-url": {
    breaks: "MAN-007",
    operator: "plain",
    defect: "a URL in the manifest contains a user name and a password",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.vendor.support_url = "https://help:desk@support.campus.example/";
      }),
    }),
  },

  "man-008-posts-what-it-does-not-list": {
    breaks: "MAN-008",
    operator: "plain",
    defect: "pings are sent, but neither manifest nor catalogue lists them",
    behaviour: () => {
      const unlist = changeManifest((manifest) => {
        manifest.event_types = withoutPing(manifest.event_types);
      });
      return {
        answer(answer, request) {
          unlist(answer, request);
          if (request.path === "/v1/event-catalog" && answer.status === 200)
            answer.body.data = withoutPing(answer.body.data);
        },
      };
    },
  },

  "man-009-a-type-of-its-own-in-our-name": {
    breaks: "MAN-009",
    operator: "plain",
    defect: "a vendor-defined event type has a name that starts with com.convergint",
    behaviour: () => ({
      answer: addEventType("com.convergint.parking.barrier_raised.v1", {
        schema: "https://api.campus.example/schemas/barrier-raised-1.json",
      }),
    }),
  },

  "sec-004-schemas-over-http": {
    breaks: "SEC-004",
    operator: "scope",
    sharesNoRun: true,
    defect: "the schema of the vendor's own event type is served over plain http",
    behaviour: () => ({
      answer: addEventType("com.campus.parking.barrier_raised.v1", {
        schema: "http://api.campus.example/schemas/barrier-raised-1.json",
      }),
    }),
  },
};
