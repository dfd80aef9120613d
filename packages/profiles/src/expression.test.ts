import { Script } from "node:vm";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CelError } from "./cel.ts";
import { ExpressionError } from "./errors.ts";
import { BLOCKED_MS, Expression, type Variables } from "./expression.ts";
import { guardEach, setRunning, TIMED_OUT, type Watchdog } from "./sandbox.ts";
import { renderJson, Template } from "./template.ts";

const PLACE = { file: "example.yaml", line: 7, column: 3, path: "inventory.devices[0].fields.name" };
const NAMES = ["item", "body", "setting"];

function compile(source: string, now: () => number = () => 0): Expression {
  const expression = new Expression(source);
  expression.compile(PLACE, NAMES, now);
  return expression;
}

const evaluate = (source: string, item: unknown): unknown => compile(source).evaluate({ item });

/** Returns the code of the error that an evaluation throws. */
function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return error.code;
  }
}

const ITEM = {
  id: 7,
  name: "Lobby",
  nothing: null,
  on: true,
  seen: 1_790_000_000.5,
  tags: ["a", "b"],
  parts: [{ k: 1 }, { k: 2 }],
  nested: { deep: { value: "x" } },
  "odd key": 1,
};

describe("evaluate", () => {
  test.each<[string, unknown]>([
    ["item.name", "Lobby"],
    ["item.nested.deep.value", "x"],
    ["item['odd key']", 1],
    ["item.tags[1]", "b"],
    ["item.nothing", null],
    ["item.id + 1", 8],
    ["2 * item.id", 14],
    ["item.seen / 1000", 1_790_000.0005],
    ["item.id % 4", 3],
    ["int(item.seen)", 1_790_000_000],
    ["size(item.tags)", 2],
    ["'cam-' + string(item.id)", "cam-7"],
    ["item.id == 7 && item.on", true],
    ["has(item.missing) ? item.missing : 'none'", "none"],
    ["item.?missing.orValue('none')", "none"],
    ["item.?missing", undefined],
    ["item.parts.filter(p, p.k == 2)[0].k", 2],
    ["item.parts.map(p, p.k)", [1, 2]],
    ["fold(' Not-Responding ')", "not_responding"],
    ["mac('00-11-22-AA-BB-CC')", "00:11:22:aa:bb:cc"],
    ["mac(item.name)", null],
    ["hash([item.id, item.name])", expect.stringMatching(/^[0-9a-f]{64}$/)],
    ["flatten([item.tags, ['c']])", ["a", "b", "c"]],
    ["item.name.replace('b', 'bb')", "Lobbbby"],
    ["timestamp('2026-11-23T08:30:00Z')", "2026-11-23T08:30:00.000Z"],
  ])("%s", (source, value) => {
    expect(evaluate(source, ITEM)).toEqual(value);
  });

  test.each([
    "item.missing",
    "item.missing.deeper",
    "item.nothing.deeper",
    "item.tags[9]",
    "item.nothing.lowerAscii()",
    "'x' + item.missing",
    "item.missing == 1",
    "item.nothing ? 1 : 2",
    "string(item.nothing)",
    "item.nested.map(k, item.missing)",
    "body.anything",
    "item.constructor",
    "item.__proto__",
  ])("has no value where a member is missing or null: %s", (source) => {
    expect(evaluate(source, ITEM)).toBeUndefined();
  });

  test.each([
    ["item.name.first", "item.name is a text, so it has no member first."],
    ["item.tags.first", "item.tags is a list, so it has no member first."],
    ["item.name + 1", "no such overload: dyn<string> + int."],
    ["item.on ? item.name.size() > item.name : false", "no such overload: int > dyn<string>."],
    ["bool(item.name)", "bool() conversion error: invalid string value."],
    ["double(item.name)", "double() type error: cannot convert to double."],
    ["item.id / 0", "The result is not a finite number."],
    ["type(item.id)", /^The result has a type that JSON does not have/],
    ["duration('5s')", /^The result has a type that JSON does not have \(Duration\)/],
    ["item.name.matches('(')", "Invalid regular expression."],
  ])("names the place of a failure and quotes no value of the vendor: %s", (source, reason) => {
    const error = (() => {
      try {
        return evaluate(source, ITEM);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({
      code: "expression_failed",
      place: PLACE,
      reason: typeof reason === "string" ? reason : expect.stringMatching(reason),
    });
    expect(String(error)).not.toContain("Lobby");
  });
});

const LIST = Array.from({ length: 3_000 }, (_, index) => index);
const ENDLESS: readonly [string, unknown][] = [
  ["item.all(a, item.all(b, a + b >= 0.0))", LIST],
  ["item.matches('^(a+)+$')", `${"a".repeat(40)}!`],
  ["item.exists(a, item.map(b, b).size() < 0)", LIST],
];

describe("an expression that does not end", () => {
  test.each(ENDLESS)("is stopped and refused for a minute: %s", (source, item) => {
    let now = 1_000;
    const expression = compile(source, () => now);
    expect(codeOf(() => expression.evaluate({ item }))).toBe("expression_timeout");
    now += BLOCKED_MS - 1;
    expect(codeOf(() => expression.evaluate({ item }))).toBe("expression_blocked");
    now += 1;
    expect(expression.evaluate({ item: source.includes("matches") ? "a" : [1] })).toBeTypeOf("boolean");
  });

  test("blocks no other expression", () => {
    const [source, item] = ENDLESS[0] ?? ["", null];
    expect(codeOf(() => compile(source).evaluate({ item }))).toBe("expression_timeout");
    expect(compile(source).evaluate({ item: [1, 2] })).toBe(true);
  });

  test("is found in a group, and stops the group", () => {
    const expression = compile("item.all(a, item.all(b, a + b >= 0.0))");
    const lists = [[1], LIST, [2]];
    expect(codeOf(() => guardEach(lists, (item) => expression.evaluate({ item })))).toBe(
      "expression_timeout",
    );
  });

  test("stops its group although the items before it need no watchdog, whose starts would cost the most", () => {
    const straight = compile("has(item.name) && item.name == 'camera' ? string(item.id) : 'none'");
    const endless = compile("item.name.matches('^(a+)+$')");
    const cameras = Array.from({ length: 2_000 }, (_, id) => ({ name: "camera", id }));
    const read = (item: object) => straight.evaluate({ item });
    expect(guardEach(cameras, read)).toEqual(cameras.map(({ id }) => String(id)));
    const starts = vi.spyOn(Script.prototype, "runInContext");
    for (const camera of cameras) read(camera);
    expect(starts).not.toHaveBeenCalled();
    starts.mockRestore();
    const items = [...cameras, { name: `${"a".repeat(40)}!`, id: 0 }];
    const readBoth = (item: { id: number }) => (item.id === 0 ? endless.evaluate({ item }) : read(item));
    expect(codeOf(() => guardEach(items.slice(1), readBoth))).toBe("expression_timeout");
  });

  /** A watchdog that stops the first runs, each after the processor time that it had, in milliseconds. */
  function stopping(processorTimes: readonly number[]) {
    const expression = compile("item.matches('^a$')");
    const timeouts: number[] = [];
    let time = 0;
    const run: Watchdog["run"] = (work, timeout) => {
      const taken = processorTimes[timeouts.length];
      timeouts.push(timeout);
      if (taken === undefined) return work();
      time += taken;
      setRunning(expression);
      return TIMED_OUT;
    };
    const watchdog = { run, processorTime: () => time };
    const evaluateEach = (items: readonly string[]) =>
      guardEach(items, (item) => expression.evaluate({ item }), watchdog);
    return { evaluateEach, timeouts };
  }

  test("is not blamed for a slow group: its items then run one by one", () => {
    const { evaluateEach, timeouts } = stopping([14]);
    expect(evaluateEach(["a", "b", "a"])).toEqual([true, false, true]);
    expect(timeouts).toEqual([14, 14, 14, 14]);
  });

  test("is stopped within 50 ms in all, in its group and by itself, if it has the processor", () => {
    const { evaluateEach, timeouts } = stopping([14, 14, 14]);
    expect(codeOf(() => evaluateEach(["a", "b", "a"]))).toBe("expression_timeout");
    expect(timeouts.reduce((sum, each) => sum + each)).toBeLessThan(50);
  });

  test.each([
    ["once", [14], [14, 14]],
    ["while it had no processor", [2, 6, 11], [14, 28, 56, 112]],
  ])("is not blamed for being stopped %s", (_, processorTimes, timeouts) => {
    const stopped = stopping(processorTimes);
    expect(stopped.evaluateEach(["a"])).toEqual([true]);
    expect(stopped.timeouts).toEqual(timeouts);
  });

  test.each([
    ["twice with the processor", [14, 14], [14, 14]],
    ["twice with the processor on a busy machine", [2, 13, 9, 18], [14, 28, 28, 56]],
    ["with all the time that a busy machine gets", [0, 0, 0, 0, 0, 0, 0], [14, 28, 56, 112, 224, 448, 896]],
  ])("is blamed for being stopped %s", (_, processorTimes, timeouts) => {
    const stopped = stopping(processorTimes);
    expect(codeOf(() => stopped.evaluateEach(["a"]))).toBe("expression_timeout");
    expect(stopped.timeouts).toEqual(timeouts);
  });
});

const WIDE = Array.from({ length: 20_000 }, () => "x".repeat(1_000));

test.each<[string, unknown]>([
  ["item.map(a, 'x' + a).join('')", WIDE],
  ["item.map(a, item.join(a))", WIDE],
  ["flatten(item.map(a, item))", WIDE],
  ["item[0].replace('x', item.join('')).replace('x', item.join(''))", WIDE],
  ["item.join('').split('').map(a, a + a)", WIDE],
  ["item + item + item + item + item + item + item + item", Array(2_000_000).fill(0)],
  ["item.map(a, item + item)", LIST],
  [
    `cel.bind(b, ${Array(20).fill("item").join(" + ")}, cel.bind(c, ${Array(20).fill("b").join(" + ")}, c))`,
    "x".repeat(100_000),
  ],
])("stops an expression that allocates without limit: %s", (source, item) => {
  const expression = compile(source);
  const before = process.memoryUsage().rss;
  expect(codeOf(() => expression.evaluate({ item }))).toMatch(/^expression_(too_large|timeout)$/);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
});

test("throws only CelError and ExpressionError, whatever the expression and the data", () => {
  const atom = fc.constantFrom(
    "item",
    "item.a",
    "item.b.c",
    "item.l",
    "item.l[0]",
    "1",
    "2.5",
    "'t'",
    "true",
    "null",
    "[]",
    "{}",
    "[1, 'a']",
    "x",
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      atom,
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "in", "&&", "||"),
          tie("expression"),
        )
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(
          fc.constantFrom(
            "string",
            "int",
            "double",
            "bool",
            "size",
            "has",
            "fold",
            "mac",
            "hash",
            "flatten",
            "type",
            "!",
            "-",
          ),
          tie("expression"),
        )
        .map(([name, a]) => `${name}(${a})`),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom("map", "filter", "all", "exists", "exists_one"),
          tie("expression"),
        )
        .map(([a, name, b]) => `${a}.${name}(x, ${b})`),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom(
            ".a",
            ".?a",
            "[0]",
            ".size()",
            ".trim()",
            ".split('a')",
            ".join('')",
            ".matches('a')",
          ),
        )
        .map(([a, end]) => a + end),
      fc
        .tuple(tie("expression"), tie("expression"), tie("expression"))
        .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    ),
  }));
  fc.assert(
    fc.property(
      expression,
      fc.dictionary(fc.constantFrom("a", "b", "l"), fc.jsonValue({ maxDepth: 3 })),
      (source, item) => {
        try {
          const value = compile(source).evaluate({ item });
          expect(["string", "number", "boolean", "object", "undefined"]).toContain(typeof value);
        } catch (error) {
          if (!(error instanceof CelError) && !(error instanceof ExpressionError)) throw error;
        }
      },
    ),
    { numRuns: 150 },
  );
});

describe("Template", () => {
  const render = (source: string, variables: Variables): string | undefined => {
    const template = new Template(source);
    for (const part of template.parts) if (part instanceof Expression) part.compile(PLACE, NAMES, () => 0);
    return template.render(variables, encodeURIComponent);
  };

  test.each([
    ["/sites/{item.id}/devices", "/sites/a%2Fb/devices"],
    ["{item.n}-{item.id + 'x'}", "7-a%2Fbx"],
    ["{{literal}} {item.n}", "{literal} 7"],
    ["nothing to fill", "nothing to fill"],
    ["/sites/{item.missing}", undefined],
    ["/sites/{item.list}", undefined],
  ])("fills in %s", (source, text) => {
    expect(render(source, { item: { id: "a/b", n: 7, list: [1] } })).toBe(text);
  });

  test("keeps the type of a value that is a whole member of a JSON body, and leaves out missing ones", () => {
    const parts = {
      limit: new Template("{item.n}"),
      sites: [new Template("s-{item.n}")],
      none: new Template("{item.x}"),
    };
    for (const template of [parts.limit, parts.sites[0], parts.none])
      for (const part of template?.parts ?? [])
        if (part instanceof Expression) part.compile(PLACE, NAMES, () => 0);
    expect(renderJson({ ...parts, all: true }, { item: { n: 7 } })).toEqual({
      limit: 7,
      sites: ["s-7"],
      all: true,
    });
  });
});
