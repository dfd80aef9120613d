import { changeEach, changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

const declare = changeManifest((manifest) => {
  manifest.device_types.push({ type: "other", status_from: ["inventory"] });
});
const rename = changeEach("/v1/devices", (device) => {
  if (device.type !== "speaker") return;
  device.type = "other";
  delete device.vendor_type;
});

export const deviceMutants: VendorMutants = {
  "dev-001-speakers-without-status": {
    breaks: "DEV-001",
    defect: "no event tells of a speaker, and inventory does not either",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        if (device.type === "speaker") delete device.status;
      }),
    }),
  },

  "dev-002-doors-without-status": {
    breaks: "DEV-002",
    defect: "doors have no status in inventory",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        if (device.type === "door") delete device.status;
      }),
    }),
  },

  "dev-003-status-of-unknown-age": {
    breaks: "DEV-003",
    defect: "a status does not say when it was seen",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        delete device.status_observed_at;
      }),
    }),
  },

  "dev-004-cameras-without-mac": {
    breaks: "DEV-004",
    defect: "cameras have no MAC address",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        if (device.type === "camera") device.mac_addresses = ["n/a"];
      }),
    }),
  },

  "dev-005-seen-tomorrow": {
    breaks: "DEV-005",
    defect: "last_seen_at is local time written as UTC, hours ahead",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        if (device.last_seen_at) device.last_seen_at = new Date(Date.now() + 8 * 3_600_000).toISOString();
      }),
    }),
  },

  "dev-006-doors-on-no-controller": {
    breaks: "DEV-006",
    defect: "doors name a controller by a number that nothing else knows",
    behaviour: () => ({
      answer: changeEach("/v1/devices", (device) => {
        if (device.type === "door") device.parent_device_id = "controller-7";
      }),
    }),
  },

  "dev-007-other-without-a-word": {
    breaks: "DEV-007",
    defect: "speakers are of type other, and nothing says what they are",
    behaviour: () => ({
      answer(answer, request) {
        declare(answer, request);
        rename(answer, request);
      },
    }),
  },
};
