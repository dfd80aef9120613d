import {
  type Answer,
  type Behaviour,
  changeItems,
  changeManifest,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

const declare = changeManifest((manifest) => {
  manifest.device_types.push({ type: "other", status_from: ["inventory"] });
});
const rename = changeItems("/v1/devices", (device) => {
  if (device.type !== "speaker") return;
  device.type = "other";
  delete device.vendor_type;
});

/** Changes every device of a listing, and every looked-up device. */
const changeDevices =
  (change: (device: Answer["body"], path: string) => void): NonNullable<Behaviour["answer"]> =>
  (answer, request) =>
    changeItems("/v1/devices", (device) => change(device, request.path))(answer, request);

export const deviceMutants: VendorMutants = {
  "dev-001-speakers-without-status": {
    breaks: "DEV-001",
    operator: "scope",
    defect: "speakers have no status, neither in events nor in the inventory",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.type === "speaker") delete device.status;
      }),
    }),
  },

  "dev-002-doors-without-status": {
    breaks: "DEV-002",
    operator: "scope",
    defect: "doors have no status in the inventory",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.type === "door") delete device.status;
      }),
    }),
  },

  "dev-003-status-of-unknown-age": {
    breaks: "DEV-003",
    operator: "plain",
    defect: "devices lack status_observed_at",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        delete device.status_observed_at;
      }),
    }),
  },

  "dev-004-cameras-without-mac": {
    breaks: "DEV-004",
    operator: "scope",
    defect: "the MAC address of cameras is n/a",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.type === "camera") device.mac_addresses = ["n/a"];
      }),
    }),
  },

  "dev-005-seen-tomorrow": {
    breaks: "DEV-005",
    operator: "plain",
    defect: "last_seen_at is local time marked as UTC, hours in the future",
    behaviour: ({ clock }) => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.last_seen_at) device.last_seen_at = new Date(clock.now() + 8 * 3_600_000).toISOString();
      }),
    }),
  },

  "dev-006-doors-on-no-controller": {
    breaks: "DEV-006",
    operator: "plain",
    defect: "the parent_device_id of doors is not the id of any device",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.type === "door") device.parent_device_id = "controller-7";
      }),
    }),
  },

  "dev-007-other-without-a-word": {
    breaks: "DEV-007",
    operator: "plain",
    defect: "speakers have the type other and no vendor_type",
    behaviour: () => ({
      answer(answer, request) {
        declare(answer, request);
        rename(answer, request);
      },
    }),
  },

  "dev-008-offline-behind-a-dead-connector": {
    breaks: "DEV-008",
    operator: "plain",
    defect: "while a connector is offline, the devices behind it are offline instead of unknown",
    behaviour: () => ({
      answer: changeDevices((device) => {
        if (device.status_reason === "parent_unreachable") device.status = "offline";
      }),
    }),
  },

  "dev-008-unknown-without-the-reason": {
    breaks: "DEV-008",
    operator: "plain",
    defect: "devices behind an offline connector are unknown for another reason",
    behaviour: () => ({
      answer: changeDevices((device) => {
        if (device.status_reason === "parent_unreachable") device.status_reason = "not_installed";
      }),
    }),
  },

  "dev-008-cut-off-for-good": {
    breaks: "DEV-008",
    operator: "persistence",
    sharesNoRun: true,
    defect: "devices behind a connector stay unreachable in lookups after the connector is back",
    behaviour: () => {
      const cutOff = new Set<string>();
      return {
        answer: changeDevices((device, path) => {
          if (device.status_reason === "parent_unreachable") cutOff.add(device.device_id);
          if (!cutOff.has(device.device_id) || path === "/v1/devices") return;
          device.status = "unknown";
          device.status_reason = "parent_unreachable";
        }),
      };
    },
  },

  "dev-010-seen-when-asked": {
    breaks: "DEV-010",
    operator: "plain",
    defect: "last_seen_at of an offline device is the time of the response",
    behaviour: ({ clock }) => ({
      answer: changeDevices((device, path) => {
        const isOut = device.status === "offline" || device.status === "unknown";
        if (isOut && path !== "/v1/devices") device.last_seen_at = new Date(clock.now()).toISOString();
      }),
    }),
  },

  "dev-010-seen-in-1970": {
    breaks: "DEV-010",
    operator: "plain",
    defect: "last_seen_at of offline devices is 1970, because the cloud does not store it",
    behaviour: () => ({
      answer: changeDevices((device) => {
        if (device.status === "offline") device.last_seen_at = "1970-01-01T00:00:00Z";
      }),
    }),
  },
};
