export const endpointRequest = {
  url: "https://hooks.convergint.example/v1/webhooks/int_42",
  event_types: ["com.convergint.device.status_changed.v1"],
};

const endpoint = {
  endpoint_id: "we_3k9d",
  ...endpointRequest,
  created_at: "2026-11-23T08:30:00Z",
  state: "active",
};

export const endpointCreated = { ...endpoint, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

export const endpointList = {
  data: [
    endpoint,
    {
      endpoint_id: "we_1a7c",
      url: "https://old.convergint.example/hooks",
      created_at: "2026-02-03T10:00:00Z",
      state: "stopped",
      stopped_reason: "gone",
    },
  ],
};

export const rotatedSecret = {
  secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  previous_expires_at: "2026-11-24T08:30:00Z",
};

export const pingAccepted = { event_id: "evt_01JD8Z9QK3T5V7X9Z1B3D5F7H9" };
