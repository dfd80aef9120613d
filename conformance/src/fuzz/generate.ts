import { textOf } from "../evidence/read.ts";
import { alterations, type Case, strangers, type Value } from "./call.ts";
import {
  addNoise,
  BAD_LIMITS,
  type Changing,
  create,
  createDraw,
  type Draw,
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
} from "./faults.ts";
import { type OperationName, operationOf, type Parameter, SELECTIONS } from "./operations.ts";
import { isOffered, pageSizeIn, type View, viewOf, type World } from "./world.ts";
import { bodyFaults, makeChanges, makeCommands, makeEndpoints } from "./writes.ts";

function shuffleFaults(material: Material): readonly Fault[] {
  const { world } = material;
  // Without sandbox control, this may be a production tenant, so the fuzzer only reads.
  const faults = [...listFaults(material), ...(world.manifest["sandbox"] == null ? [] : bodyFaults(world))];
  const numbered = faults.map((fault, index) => ({ fault, name: `fault ${index}` }));
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
    system_id: () => idOf(draw, [...view.systems], keysOf(view.sites), foreign ? [...foreign.systems] : []),
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
    if (name === "system_id" && world.caller.systems.size === 0) continue;
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
  if (names.includes("system_id") && view.systems.size > 0 && draw.oneIn(4))
    query.push({ name: "system_id", value: text(draw.pick([...view.systems])) });
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
  const isFilter = ({ name }: Query[number]) => SELECTIONS.some((each) => each === name);
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
    // Lists the changes since the token that the call before returned.
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
