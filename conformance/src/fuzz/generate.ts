import { DEVICE_REMOVED } from "@convergint/schemas";
import { textOf } from "../evidence/read.ts";
import { alterations, type Case, strangers, type Value } from "./call.ts";
import { createDraw, type Draw } from "./draw.ts";
import {
  BAD_LIMITS,
  type Changing,
  create,
  type Fault,
  fullyEncoded,
  idOf,
  keysOf,
  LENIENT_LIMITS,
  LONG,
  limitsNear,
  listFaults,
  type Material,
  ODD_TEXTS,
  type Query,
  text,
  timestampsNear,
  viewOf,
} from "./faults.ts";
import { type OperationName, operationOf, type Parameter } from "./operations.ts";
import { isOffered, pageSizeIn, type View, type World } from "./world.ts";

function shuffleFaults(material: Material): readonly Fault[] {
  const numbered = listFaults(material).map((fault, index) => ({ fault, name: `fault ${index}` }));
  return material.random.shuffle(numbered, ({ name }) => name).map(({ fault }) => fault);
}

/** Makes cases for one vendor. */
export function createGenerator(material: () => Material): (index: number) => Case {
  let faults: readonly Fault[] | null = null;
  return (index) => {
    const given = material();
    const draw = createDraw(given.random, `case ${index}`);
    // Faults are tried in turn, so that each is tried once; combinations are drawn.
    faults ??= shuffleFaults(given);
    const fault = index % 3 === 2 ? undefined : faults[(index - Math.floor(index / 3)) % faults.length];
    const made = fault ? [fault(draw, given)] : makeCase(draw, given);
    return made.map((call) => ({ ...call, query: [...call.query], headers: [...call.headers] }));
  };
}

function makeCase(draw: Draw, material: Material): Case {
  const { manifest, addable, destination } = material.world;
  const offers = (name: OperationName) => isOffered(manifest, operationOf(name));
  const makers: ((draw: Draw, material: Material) => Changing[])[] = [
    makeRead,
    makeRead,
    makeWalk,
    makeWalk,
    ...(offers("listDevices") && isOffered(manifest, { capability: "inventory.incremental_sync" })
      ? [makeSync, makeSync]
      : []),
    ...(isOffered(manifest, { capability: "inventory.conditional_requests" }) ? [makeConditional] : []),
    ...(offers("listEvents") ? [makeEvents] : []),
    // Without sandbox control, this may be a production tenant, so the fuzzer only reads.
    ...(manifest["sandbox"] != null && offers("createWebhookEndpoint")
      ? destination === null
        ? []
        : [makeEndpoints]
      : []),
    ...(addable.length > 0 ? [makeCommands] : []),
  ];
  const calls = draw.pick(makers)(draw, material);
  if (material.world.other && draw.oneIn(8)) {
    // Another tenant uses the cursors and tokens of this tenant.
    const last = calls.at(-1);
    if (last) last.as = "other";
  } else if (draw.oneIn(12)) {
    const last = calls.at(-1);
    if (last) last.as = draw.pick(strangers);
  }
  return calls;
}

/** Adds parameters that the vendor must ignore, or that make the call invalid. */
function addNoise(draw: Draw, call: Changing): void {
  if (draw.oneIn(5))
    call.query.push({
      name: draw.pick([
        `x_${draw.hex(4)}`,
        "__proto__",
        "constructor",
        "toString",
        "%F0%9F%98%80",
        "x%5B%5D",
        "x.y",
      ]),
      value: draw.pick([text("1"), text(""), text("null"), draw.pick(ODD_TEXTS)]),
    });
  if (draw.oneIn(10) && call.query.length > 0) {
    const repeated = draw.pick(call.query);
    call.query.push({
      name: repeated.name,
      value: draw.oneIn(2) ? repeated.value : text(draw.pick(["", "1", "x"])),
    });
  }
  if (draw.oneIn(12) && call.query.length > 0) {
    const [first] = call.query;
    // A name that is percent-encoded means the same name.
    if (first && /^[a-z_]+$/.test(first.name))
      first.name = first.name.replace(/[_a-z]/, (character) => `%${character.charCodeAt(0).toString(16)}`);
  }
  if (draw.oneIn(10))
    call.headers.push({
      name: "accept",
      value: text(
        draw.pick([
          "*/*",
          "application/json",
          "text/html",
          "application/xml;q=0.9, */*;q=0.1",
          "application/problem+json",
          "image/png",
          "*",
          "a/b;c=d",
        ]),
      ),
    });
  if (draw.oneIn(15))
    call.headers.push({
      name: "accept-encoding",
      value: text(draw.pick(["gzip", "identity", "gzip;q=0", "br, gzip", "*", "nonsense"])),
    });
  if (draw.oneIn(20))
    call.headers.push({
      name: draw.pick([
        "x-forwarded-host",
        "x-http-method-override",
        "x-original-url",
        "range",
        "if-modified-since",
        "origin",
      ]),
      value: text(
        draw.pick(["DELETE", "evil.example", "bytes=0-1", "/v1/orgs", "Thu, 01 Jan 1970 00:00:00 GMT"]),
      ),
    });
  call.query = call.query.toSorted(() => (draw.oneIn(2) ? 1 : -1));
}

/** Adds one parameter of an operation. */
function addParameter(
  draw: Draw,
  call: Changing,
  name: Parameter,
  { world, oldCursors, oldTokens, now }: Material,
): void {
  const view = viewOf(world, call.as);
  const foreign = (call.as === "other" ? world.caller : world.other) ?? null;
  const values: Record<Parameter, () => Value> = {
    org_id: () => idOf(draw, keysOf(view.orgs), [], foreign ? keysOf(foreign.orgs) : []),
    site_id: () => idOf(draw, keysOf(view.sites), keysOf(view.orgs), foreign ? keysOf(foreign.sites) : []),
    limit: () =>
      text(
        draw.oneIn(4)
          ? draw.pick([...BAD_LIMITS, ...LENIENT_LIMITS])
          : limitsNear(draw, world, [view.orgs.size, view.sites.size, view.devices.size]),
      ),
    cursor: () =>
      oldCursors.length > 0 && draw.oneIn(2)
        ? text(draw.pick(oldCursors))
        : draw.pick([text(""), text(draw.hex(24)), ...ODD_TEXTS]),
    since: () =>
      oldTokens.length > 0 && draw.oneIn(2)
        ? text(draw.pick(oldTokens))
        : draw.pick([text(""), text(draw.hex(24)), ...ODD_TEXTS]),
    after: () => text(draw.pick(timestampsNear(now))),
  };
  call.query.push({ name, value: values[name]() });
}

const READS = [
  "listOrgs",
  "listSites",
  "listDevices",
  "listDevices",
  "getDevice",
  "getEventCatalog",
  "listEvents",
  "listWebhookEndpoints",
] as const;

/** Makes a call that reads, with any parameters. */
function makeRead(draw: Draw, material: Material): Changing[] {
  const { world, goneDevices } = material;
  const offered = READS.filter((name) => isOffered(world.manifest, operationOf(name)));
  const operation = draw.pick(offered);
  const foreign = world.other ? keysOf(world.other.devices) : [];
  const path =
    operation === "getDevice"
      ? { device_id: idOf(draw, keysOf(world.caller.devices), goneDevices, foreign) }
      : {};
  const call = create(1, operation, { path });
  for (const name of operationOf(operation).query) {
    const chance = name === "cursor" || name === "since" ? 8 : 2;
    if (draw.oneIn(chance)) addParameter(draw, call, name, material);
  }
  addNoise(draw, call);
  if (draw.oneIn(15)) call.suffix = "/";
  return [call];
}

const LISTED = ["listOrgs", "listSites", "listDevices", "listDevices", "listDevices"] as const;

/** Returns filters that match at least one item. */
function filtersFor(draw: Draw, operation: OperationName, view: View): Query {
  const names = operationOf(operation).query;
  const site = draw.pick(keysOf(view.sites));
  const org = textOf(view.sites.get(site) ?? null, "org_id") ?? "";
  const query: Query = [];
  if (names.includes("site_id") && draw.oneIn(2))
    query.push({ name: "site_id", value: draw.oneIn(6) ? fullyEncoded(site) : text(site) });
  if (names.includes("org_id") && draw.oneIn(2))
    query.push({ name: "org_id", value: text(draw.oneIn(2) ? org : draw.pick(keysOf(view.orgs))) });
  return query;
}

/** Makes a case that reads a listing in pages, with the vendor's cursors or with other cursors. */
function makeWalk(draw: Draw, { world, oldCursors }: Material): Changing[] {
  const view = world.caller;
  const operation = draw.pick(LISTED);
  const filters = filtersFor(draw, operation, view);
  const size = { listOrgs: view.orgs.size, listSites: view.sites.size, listDevices: view.devices.size }[
    operation
  ];
  const pages = 1 + draw.below(4);
  const limit = Math.max(1, Math.ceil(size / (filters.length > 0 ? 4 : 1) / (pages + 1)) + draw.below(3) - 1);
  const calls = [
    create(1, operation, { query: [...filters, { name: "limit", value: text(String(limit)) }] }),
  ];
  for (let page = 2; page <= pages + 2; page += 1) {
    const changed = draw.oneIn(4) ? String(1 + draw.below(limit * 2)) : String(limit);
    const query: Query = [
      ...filters,
      ...(draw.oneIn(6) ? [] : [{ name: "limit", value: text(changed) }]),
      { name: "cursor", value: { from: page - 1, take: "next_cursor" } },
    ];
    calls.push(create(page, operation, { query }));
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(2)) misuseCursor(draw, calls, last, world, oldCursors);
  if (last) addNoise(draw, last);
  return calls;
}

/** Changes the last call of a paged listing so that its cursor does not belong to the call. */
function misuseCursor(
  draw: Draw,
  calls: Changing[],
  last: Changing,
  world: World,
  oldCursors: readonly string[],
): void {
  // The first page's cursor exists if any cursor exists.
  calls.splice(1, calls.length - 2);
  const own: Value = { from: 1, take: "next_cursor" };
  const isFilter = ({ name }: Query[number]) => name === "org_id" || name === "site_id";
  let cursor: Value = own;
  switch (draw.below(7)) {
    case 0:
    case 1:
    case 2:
      cursor = { ...own, altered: draw.pick(alterations) };
      break;
    case 3:
      last.query = [
        ...last.query.filter((each) => !isFilter(each)),
        ...filtersFor(draw, last.operation, world.caller),
      ];
      break;
    case 4:
      last.operation = draw.pick(LISTED);
      last.query = last.query.filter(({ name }) =>
        operationOf(last.operation).query.some((each) => each === name),
      );
      break;
    case 5:
      if (oldCursors.length > 0) cursor = text(draw.pick(oldCursors));
      break;
    default:
      last.query = last.query.filter((each) => !isFilter(each));
  }
  last.query = [...last.query.filter(({ name }) => name !== "cursor"), { name: "cursor", value: cursor }];
}

/** Makes a case that lists changes since a sync token, with and without a change, filters and pages. */
function makeSync(draw: Draw, { world, oldTokens }: Material): Changing[] {
  const view = world.caller;
  const filters = filtersFor(draw, "listDevices", view);
  const calls = [
    create(1, "listDevices", {
      query: [...filters, { name: "limit", value: text(String(pageSizeIn(world))) }],
    }),
  ];
  const changes = world.addable.length > 0 && draw.oneIn(2) ? makeChanges(draw, world, 2, filters) : [];
  calls.push(...changes);
  const since: Value = { from: 1, take: "sync_token" };
  const next = calls.length + 1;
  const limit = () => text(draw.oneIn(2) ? "1" : limitsNear(draw, world, [changes.length || 1]));
  const call = create(next, "listDevices", {
    query: [
      ...filters,
      { name: "since", value: since },
      ...(draw.oneIn(2) ? [{ name: "limit", value: limit() }] : []),
    ],
  });
  calls.push(call);
  if (draw.oneIn(3)) {
    // The pages of a listing of changes.
    for (let page = 1; page <= 2; page += 1)
      calls.push(
        create(next + page, "listDevices", {
          query: [
            ...filters,
            { name: "since", value: since },
            { name: "cursor", value: { from: next + page - 1, take: "next_cursor" } },
            ...(draw.oneIn(2) ? [{ name: "limit", value: limit() }] : []),
          ],
        }),
      );
  } else if (draw.oneIn(2)) {
    const replace = (value: Value) => {
      call.query = [...call.query.filter(({ name }) => name !== "since"), { name: "since", value }];
    };
    switch (draw.below(5)) {
      case 0:
      case 1:
        replace({ from: 1, take: "sync_token", altered: draw.pick(alterations) });
        break;
      case 2:
        call.query = [...filtersFor(draw, "listDevices", view), { name: "since", value: since }];
        break;
      case 3:
        replace(oldTokens.length > 0 ? text(draw.pick(oldTokens)) : since);
        break;
      default:
        // A cursor is not valid as a token, and a token is not valid as a cursor.
        if (draw.oneIn(2)) call.query.push({ name: "cursor", value: since });
        else {
          calls[0] = create(1, "listDevices", { query: [...filters, { name: "limit", value: text("1") }] });
          replace({ from: 1, take: "next_cursor" });
        }
    }
  } else {
    // The token of a listing of changes.
    calls.push(
      create(next + 1, "listDevices", {
        query: [...filters, { name: "since", value: { from: next, take: "sync_token" } }],
      }),
    );
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(2)) addNoise(draw, last);
  return calls;
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
function makeChanges(draw: Draw, world: World, firstId: number, filters: Query): Changing[] {
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
function makeCommands(draw: Draw, material: Material): Changing[] {
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

/** Makes conditional requests with the ETag of the same call and with ETags of other calls. */
function makeConditional(draw: Draw, { world }: Material): Changing[] {
  const view = world.caller;
  const read = (id: number): Changing => {
    const operation = draw.pick([
      "listOrgs",
      "listSites",
      "listDevices",
      "listDevices",
      "getDevice",
    ] as const);
    if (operation === "getDevice")
      return create(id, operation, { path: { device_id: text(draw.pick(keysOf(view.devices))) } });
    const query = [
      ...filtersFor(draw, operation, view),
      ...(draw.oneIn(2) ? [{ name: "limit", value: text(String(1 + draw.below(20))) }] : []),
    ];
    return create(id, operation, { query });
  };
  const first = read(1);
  const again = { ...first, id: 2, query: [...first.query], headers: [] as Query };
  const etag: Value = { from: 1, take: "etag" };
  switch (draw.below(8)) {
    case 0: {
      // The ETag of another call.
      const other = read(2);
      other.headers.push({ name: "if-none-match", value: etag });
      return [first, other];
    }
    case 1:
      again.headers.push({ name: "if-none-match", value: { ...etag, altered: draw.pick(alterations) } });
      return [first, again];
    case 2:
      again.headers.push({
        name: "if-none-match",
        value: text(draw.pick(['""', "*", '"x"', 'W/"x"', "x", '"a", "b", W/"c"', '"', ",", "null", LONG])),
      });
      return [first, again];
    case 3:
      if (operationOf(first.operation).listing) {
        again.query.push({ name: "cursor", value: { from: 1, take: "next_cursor" } });
        again.headers.push({ name: "if-none-match", value: etag });
      }
      return [first, again];
    case 4:
      if (operationOf(first.operation).query.includes("limit")) {
        again.query = [
          ...again.query.filter(({ name }) => name !== "limit"),
          { name: "limit", value: text(String(1 + draw.below(30))) },
        ];
        again.headers.push({ name: "if-none-match", value: etag });
      }
      return [first, again];
    case 5: {
      // An invalid call must be refused, whatever ETag it sends.
      again.query.push({ name: draw.pick(["limit", "cursor"]), value: text(draw.pick(["0", "", "x"])) });
      again.headers.push({ name: "if-none-match", value: draw.oneIn(2) ? etag : text("*") });
      return [first, again];
    }
    default:
      again.headers.push({ name: "if-none-match", value: etag });
      return [first, again];
  }
}

/** Lists events with filters, times and pages that must agree. */
function makeEvents(draw: Draw, material: Material): Changing[] {
  const { world, now } = material;
  const orgs = keysOf(world.caller.orgs);
  const after = text(
    draw.oneIn(3) ? draw.pick(timestampsNear(now)) : new Date(now - draw.below(3_600_000)).toISOString(),
  );
  const ask = (id: number): Changing =>
    create(id, "listEvents", {
      query: [
        ...(draw.oneIn(2)
          ? [{ name: "org_id", value: draw.oneIn(8) ? idOf(draw, orgs) : text(draw.pick(orgs)) }]
          : []),
        ...(draw.oneIn(2)
          ? [{ name: "after", value: draw.oneIn(4) ? text(new Date(now - 7_200_000).toISOString()) : after }]
          : []),
        { name: "limit", value: text(String(draw.oneIn(3) ? 1 + draw.below(5) : pageSizeIn(world))) },
      ],
    });
  const calls = [ask(1), ask(2)];
  if (draw.oneIn(3)) {
    const last = calls[1];
    if (last) {
      const filters = last.query.filter(({ name }) => name !== "limit");
      const kept = draw.oneIn(3)
        ? filters.map((each) =>
            each.name === "after" ? { ...each, value: text(new Date(now - 1_800_000).toISOString()) } : each,
          )
        : filters;
      calls.push(
        create(3, "listEvents", {
          query: [
            ...kept,
            {
              name: "cursor",
              value: {
                from: 2,
                take: "next_cursor",
                ...(draw.oneIn(4) && { altered: draw.pick(alterations) }),
              },
            },
          ],
        }),
      );
    }
  }
  const last = calls.at(-1);
  if (last && draw.oneIn(3)) addNoise(draw, last);
  return calls;
}

/** Registers, lists, rotates, pings and deletes endpoints, in any order. */
function makeEndpoints(draw: Draw, { world, goneEndpoints }: Material): Changing[] {
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
