import { DEVICE_REMOVED } from "@convergint/schemas";
import { textOf } from "../evidence/read.ts";
import { alterations, type Body, type Value } from "./call.ts";
import {
  type Changing,
  create,
  type Draw,
  type Fault,
  keysOf,
  type Material,
  type Query,
  text,
  WRONG_VALUES,
} from "./faults.ts";
import { type OperationName, operationOf } from "./operations.ts";
import { isOffered, type World } from "./world.ts";

const PRIVATE_URLS = [
  "https://10.1/hook",
  "https://0x0a000001/hook",
  "https://167772161/hook",
  "https://012.0.0.1/hook",
  "https://[::ffff:10.0.0.1]/hook",
  "https://[::ffff:a9fe:a9fe]/hook",
  "https://169.254.169.254:443/latest/meta-data",
  "https://user:pass@10.0.0.1/hook",
  "https://192.168.0.1./hook",
  "HTTPS://172.16.0.1/hook",
];
const OTHER_URLS = [
  "ftp://hooks.example/x",
  "javascript:alert(1)",
  "hooks.example/x",
  "//hooks.example/x",
  "https://",
  "https:// /x",
  "https://[::1",
  "https://hooks.example:99999999/x",
  "file:///etc/passwd",
  "gopher://x/",
  `https://hooks.example/${"p".repeat(2100)}`,
];

/** Values that are wrong for a member in most cases. */
const wrongValuesOf = (name: string): readonly unknown[] => [
  ...WRONG_VALUES,
  ...({
    url: [...PRIVATE_URLS, ...OTHER_URLS],
    event_types: [
      ["com.example.none.v1"],
      [""],
      [["x"]],
      ["x".repeat(257)],
      "com.convergint.device.status_changed.v1",
    ],
    status: ["ONLINE", "Online", " online", "online ", "ok", "up", ["online"]],
    name: ["y".repeat(512), "y".repeat(513), "\ud83d\ude00"],
    status_reason: ["y".repeat(256), "y".repeat(257), "\ud83d\ude00"],
  }[name] ?? []),
];

const MEDIA_TYPES = [
  null,
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/html",
  "application/octet-stream",
  "application",
  "*/*",
  "application/json; charset=utf-8",
  "Application/JSON",
];

/** Bodies that are wrong in one place or as a whole. */
function wrongBodies(valid: Readonly<Record<string, unknown>>): Body[] {
  const type = "application/json";
  const written = JSON.stringify(valid);
  const within = (member: string, ...parts: Extract<Body, { parts: unknown }>["parts"]): Body => ({
    type,
    parts: [`${written.slice(0, -1)},"${member}":`, ...parts, "}"],
  });
  const deep = (times: number) => [
    { unit: "[", times },
    { unit: "]", times },
  ];
  return [
    ...Object.keys(valid).flatMap((name): Body[] => {
      const { [name]: _, ...rest } = valid;
      return [
        { type, json: rest },
        ...wrongValuesOf(name).map((value) => ({ type, json: { ...valid, [name]: value } })),
        // Duplicate members. JSON parsers differ in which of the two they use.
        within(name, "7"),
        within(name, JSON.stringify(valid[name])),
      ];
    }),
    ...[null, [], [valid], "text", 7, true, {}, [[]]].map((json) => ({ type, json })),
    ...[
      "",
      " ",
      "{",
      written.slice(0, -1),
      `${written}x`,
      `${written}${written}`,
      "nul",
      "\ufeff{",
      "{'a':1}",
      '{"a":01}',
      "NaN",
      '{"a":1,}',
      "\u0000",
    ].map((part) => ({ type, parts: [part] })),
    ...[100, 1000, 20_000].map((times) => within("deep", ...deep(times))),
    { type, parts: [{ unit: '{"a":', times: 5000 }, "1", { unit: "}", times: 5000 }] },
    ...[5000, 70_000, 2_000_000].map((times) => within("filler", '"', { unit: "x", times }, '"')),
    within("__proto__", '{"url":1,"status":1}'),
    within("constructor", '{"prototype":{}}'),
    ...MEDIA_TYPES.map((other) => ({ type: other, json: valid })),
  ];
}

/** A valid body of each operation that has one. */
const validBodies = ({ caller, destination, eventTypes, addable }: World, site: string) => ({
  createWebhookEndpoint: {
    url: destination ?? "https://hooks.convergint.example/x",
    org_id: [...caller.orgs.keys()][0],
    event_types: eventTypes.slice(0, 2),
  },
  setSandboxDeviceStatus: { status: "online", status_reason: "fault" },
  publishSandboxEvent: { type: "com.example.none.v1", data: {} },
  addSandboxDevice: { site_id: site, type: addable[0] ?? "camera", name: "Fuzzed device" },
  moveSandboxDevice: { site_id: site },
});

/**
 * Makes calls with bodies that are wrong in one place. No call changes a device of the tenant, unless the
 * vendor accepts what is wrong.
 */
export function bodyFaults(world: World): Fault[] {
  const [site = ""] = world.caller.sites.keys();
  return Object.entries(validBodies(world, site)).flatMap(([name, valid]): Fault[] => {
    const operation = name as keyof ReturnType<typeof validBodies>;
    const { body: schema, path, ...offered } = operationOf(operation);
    if (!isOffered(world.manifest, offered)) return [];
    return wrongBodies(valid).map((body) => (draw: Draw, { world: { caller } }: Material) => {
      const isWrong =
        "json" in body &&
        schema?.safeParse(body.json).success === false &&
        JSON.stringify(body.json) !== JSON.stringify(valid);
      const id = isWrong && draw.oneIn(2) ? draw.pick(keysOf(caller.devices)) : draw.hex(16);
      return create(1, operation, {
        body,
        ...(path.includes("{device_id}") && { path: { device_id: text(id) } }),
      });
    });
  });
}

const NAMES = [
  "Gate 7",
  "x",
  "É \ud83d\ude00 \u0416",
  "'; --",
  "<b>",
  'a"b\\c',
  " padded ",
  "y".repeat(512),
  "null",
  "0",
  "\u0001\u2028",
];
const STATUSES = ["online", "offline", "degraded", "unknown"];

/** Adds a device at the site of the first filter. In some cases, also changes or removes the device. */
export function makeChanges(draw: Draw, world: World, firstId: number, filters: Query): Changing[] {
  const filtered = filters.find(({ name }) => name === "site_id")?.value;
  const sites = keysOf(world.caller.sites);
  const site =
    filtered && "text" in filtered && world.caller.sites.has(filtered.text) && draw.oneIn(2)
      ? filtered.text
      : draw.pick(sites);
  const calls = [
    create(firstId, "addSandboxDevice", {
      body: {
        type: "application/json",
        json: { site_id: site, type: draw.pick(world.addable), name: draw.pick(NAMES) },
      },
    }),
  ];
  const path = { device_id: { from: firstId, take: "device_id" } } as const;
  const offers = (name: OperationName) => isOffered(world.manifest, operationOf(name));
  for (let count = draw.below(3); count > 0; count -= 1) {
    const id = firstId + calls.length;
    const org = textOf(world.caller.sites.get(site) ?? null, "org_id");
    const others = sites.filter((each) => textOf(world.caller.sites.get(each) ?? null, "org_id") === org);
    const kind = draw.below(3);
    if (kind === 0 && offers("moveSandboxDevice"))
      calls.push(
        create(id, "moveSandboxDevice", {
          path,
          body: { type: "application/json", json: { site_id: draw.pick(others) } },
        }),
      );
    else if (kind === 1 && offers("removeSandboxDevice"))
      calls.push(create(id, "removeSandboxDevice", { path }));
    else if (offers("setSandboxDeviceStatus"))
      calls.push(
        create(id, "setSandboxDeviceStatus", {
          path,
          body: {
            type: "application/json",
            json: {
              status: draw.pick(STATUSES),
              status_reason: draw.pick([null, "power_loss", "fault", "x".repeat(256), "\ud83d\ude00", ""]),
            },
          },
        }),
      );
  }
  return calls;
}

/** Makes a case that changes devices and then reads them. */
export function makeCommands(draw: Draw, material: Material): Changing[] {
  const { world } = material;
  const calls = makeChanges(draw, world, 1, []);
  const path = { device_id: { from: 1, take: "device_id" } } as const;
  const next = calls.length + 1;
  const [first] = calls;
  const site =
    first?.body && "json" in first.body
      ? (textOf(first.body.json as Record<string, unknown>, "site_id") ?? "")
      : "";
  const device: Changing[] = [
    create(next, "getDevice", { path }),
    create(next, "listDevices", { query: [{ name: "site_id", value: text(site) }] }),
    create(next, "removeSandboxDevice", { path }),
    create(next, "setSandboxDeviceStatus", {
      path,
      body: { type: "application/json", json: { status: draw.pick(STATUSES) } },
    }),
    create(next, "publishSandboxEvent", {
      path,
      body: {
        type: "application/json",
        json: {
          // A vendor may remove the device when it publishes this event.
          type: draw.pick([
            ...world.eventTypes.filter((type) => type !== DEVICE_REMOVED),
            ...["com.example.none.v1", "", "x".repeat(257)],
          ]),
          ...(draw.oneIn(2) && {
            data: draw.pick([null, {}, { extra: 1 }, [], "x", 7, { device_id: "another" }, { org_id: 7 }]),
          }),
        },
      },
    }),
    create(next, "moveSandboxDevice", {
      path,
      body: {
        type: "application/json",
        json: { site_id: draw.pick([...keysOf(world.caller.sites), "none", ""]) },
      },
    }),
  ];
  const offered = device.filter(({ operation }) => isOffered(world.manifest, operationOf(operation)));
  calls.push(draw.pick(offered));
  if (draw.oneIn(2)) calls.push(create(next + 1, "getDevice", { path }));
  return calls;
}

/** Registers, lists, rotates, pings and deletes endpoints, in any order. */
export function makeEndpoints(draw: Draw, { world, goneEndpoints }: Material): Changing[] {
  const { destination, eventTypes } = world;
  const calls: Changing[] = [];
  const created: number[] = [];
  const register = (id: number) => {
    created.push(id);
    const types = draw.pick([
      undefined,
      null,
      [],
      eventTypes.slice(0, 1),
      eventTypes.slice(0, 3),
      [...eventTypes],
    ]);
    const org = draw.pick([undefined, undefined, null, draw.pick(keysOf(world.caller.orgs))]);
    return create(id, "createWebhookEndpoint", {
      body: {
        type: draw.pick(["application/json", "application/json; charset=utf-8", "Application/JSON"]),
        json: {
          url: destination,
          ...(types !== undefined && { event_types: types }),
          ...(org !== undefined && { org_id: org }),
          ...(draw.oneIn(5) && { unknown: { nested: [1, null] } }),
        },
      },
    });
  };
  const length = 3 + draw.below(5);
  for (let id = 1; id <= length; id += 1) {
    if (id === 1 || draw.oneIn(5)) {
      calls.push(register(id));
      continue;
    }
    const from = draw.pick(created);
    const endpoint: Value = draw.oneIn(8)
      ? draw.oneIn(2) && goneEndpoints.length > 0
        ? text(draw.pick(goneEndpoints))
        : { from, take: "endpoint_id", altered: draw.pick(alterations) }
      : { from, take: "endpoint_id" };
    const operation = draw.pick([
      "listWebhookEndpoints",
      "rotateWebhookSecret",
      "rotateWebhookSecret",
      "pingWebhookEndpoint",
      "deleteWebhookEndpoint",
    ] as const);
    calls.push(
      create(id, operation, operation === "listWebhookEndpoints" ? {} : { path: { endpoint_id: endpoint } }),
    );
  }
  calls.push(create(length + 1, "listWebhookEndpoints"));
  return calls;
}
