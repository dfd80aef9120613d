export const manifest = {
  contract_version: "1.0",
  vendor: {
    id: "example-campus",
    name: "Example Campus",
    support_url: "https://campus.example/support",
    documentation_url: "https://docs.campus.example",
  },
  api_base: "https://api.campus.example",
  authentication: [
    { scheme: "bearer" },
    {
      scheme: "oauth2_client_credentials",
      token_url: "https://auth.campus.example/oauth/token",
      scopes: ["inventory:read", "webhooks:write"],
    },
  ],
  inventory: {
    max_page_size: 1000,
    incremental_sync: true,
    tombstone_days: 30,
    conditional_requests: true,
  },
  backfill: { depth_hours: 72 },
  webhooks: {
    signature_schemes: ["v1"],
    batching: true,
    endpoint_management: true,
    retry_schedule_seconds: [5, 60, 600, 3600, 21_600, 86_400],
    health_latency_seconds: 10,
  },
  device_types: [
    { type: "camera", status_from: ["inventory", "events"] },
    { type: "door", status_from: ["inventory"] },
  ],
  event_types: [
    { type: "com.convergint.device.status_changed.v1", delivery: ["webhook", "backfill"] },
    { type: "com.convergint.door.forced_open.v1", delivery: ["webhook", "backfill"] },
  ],
  sandbox: {
    control_url: "https://api.campus.example/sandbox",
    commands: ["status", "events", "add_device", "move_device", "remove_device"],
  },
};

export const eventCatalog = {
  data: [
    {
      type: "com.convergint.device.status_changed.v1",
      family: "health",
      version: "1",
      description: "The status of a device changed.",
      device_types: ["camera"],
      delivery: ["webhook", "backfill"],
      schema: "https://schemas.convergint.com/vendor-cloud/1.0/DeviceStatusChangedEvent.json",
    },
    {
      type: "com.convergint.door.forced_open.v1",
      family: "door",
      version: "1",
      description: "A door was forced open.",
      device_types: ["door"],
      delivery: ["webhook", "backfill"],
      schema: "https://schemas.convergint.com/vendor-cloud/1.0/DoorForcedOpenEvent.json",
    },
  ],
};
