import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { JsonCode } from "./mistake.ts";
import { BODY, expectMistakes, make, NOW, SECRET } from "./testing/deliveries.ts";

/** `BODY` as each serialiser writes it, copied from the serialiser's output. */
const PYTHON = String.raw`{"id": "evt_1", "time": "2026-11-23T08:31:07.120Z", "data": {"name": "T\u00fcr <S\u00fcd> & 1/2 'a'", "temperature": 21.0, "zone": null, "open": true, "tags": ["b", "a"]}}`;
const PYTHON_COMPACT = String.raw`{"id":"evt_1","time":"2026-11-23T08:31:07.120Z","data":{"name":"T\u00fcr <S\u00fcd> & 1/2 'a'","temperature":21.0,"zone":null,"open":true,"tags":["b","a"]}}`;
const PYTHON_LETTERS = `{"id": "evt_1", "time": "2026-11-23T08:31:07.120Z", "data": {"name": "Tür <Süd> & 1/2 'a'", "temperature": 21.0, "zone": null, "open": true, "tags": ["b", "a"]}}`;
const PYTHON_SORTED = String.raw`{"data":{"name":"T\u00fcr <S\u00fcd> & 1/2 'a'","open":true,"tags":["b","a"],"temperature":21.0,"zone":null},"id":"evt_1","time":"2026-11-23T08:31:07.120Z"}`;
const SORTED = `{"data":{"name":"Tür <Süd> & 1/2 'a'","open":true,"tags":["b","a"],"temperature":21.0,"zone":null},"id":"evt_1","time":"2026-11-23T08:31:07.120Z"}`;
const DOTNET = String.raw`{"id":"evt_1","time":"2026-11-23T08:31:07.120Z","data":{"name":"T\u00FCr \u003CS\u00FCd\u003E \u0026 1/2 \u0027a\u0027","temperature":21.0,"zone":null,"open":true,"tags":["b","a"]}}`;
const GO = String.raw`{"id":"evt_1","name":"Tür \u003cSüd\u003e \u0026 1/2 'a'"}`;
const PHP = String.raw`{"url":"https:\/\/example.com\/T\u00fcr"}`;
const PHP_LETTERS = String.raw`{"url":"https:\/\/example.com\/Tür"}`;
/**
 * The output of RFC 8785, and the output of `json.Marshal` for a map, which also escapes characters for HTML.
 */
const CANONICAL = `{"data":{"name":"Tür <Süd> & 1/2 'a'","open":true,"tags":["b","a"],"temperature":21,"zone":null},"id":"evt_1","time":"2026-11-23T08:31:07.120Z"}`;
const GO_MAP = String.raw`{"data":{"name":"Tür \u003cSüd\u003e \u0026 1/2 'a'","open":true,"tags":["b","a"],"temperature":21,"zone":null},"id":"evt_1","time":"2026-11-23T08:31:07.120Z"}`;
const PYTHON_REPARSED_SORTED = String.raw`{"data": {"name": "T\u00fcr <S\u00fcd> & 1/2 'a'", "open": true, "tags": ["b", "a"], "temperature": 21, "zone": null}, "id": "evt_1", "time": "2026-11-23T08:31:07.120Z"}`;
const PHP_SORTED = String.raw`{"at":{"a":2,"z":1},"url":"https:\/\/example.com\/T\u00fcr"}`;
const DOTNET_SORTED = String.raw`{"a":1,"b":{"c":"\u00FC\u0026","d":1}}`;
const INDENTED = `{\n  "id": "evt_1",\n  "tags": [\n    "a",\n    {}\n  ],\n  "none": []\n}`;
const SHORT = '{"id":"evt_1","tags":["a",{}],"none":[]}';
const DATED = '{"at":"2026-11-23T08:31:07.120Z"}';

const WRITTEN: Record<JsonCode, readonly { signed: string; body: string }[]> = {
  json_compacted: [
    { signed: BODY, body: PYTHON_LETTERS },
    { signed: PYTHON_COMPACT, body: PYTHON },
    { signed: SHORT, body: INDENTED },
  ],
  json_python_spaces: [
    { signed: PYTHON_LETTERS, body: BODY },
    { signed: PYTHON, body: PYTHON_COMPACT },
  ],
  json_indented: [
    { signed: INDENTED, body: SHORT },
    { signed: INDENTED.replaceAll("  ", "    "), body: SHORT },
    { signed: INDENTED.replaceAll("  ", "\t"), body: SHORT },
    { signed: INDENTED.replaceAll("\n", "\r\n"), body: SHORT },
    { signed: JSON.stringify(JSON.parse(SHORT), null, 2), body: SHORT },
  ],
  json_non_ascii_escaped: [
    { signed: PYTHON_COMPACT, body: BODY },
    { signed: PYTHON, body: BODY },
    { signed: PYTHON, body: PYTHON_LETTERS },
    { signed: '{"a":"\\u00FC"}', body: '{"a":"ü"}' },
  ],
  json_html_escaped: [
    { signed: DOTNET, body: BODY },
    { signed: GO, body: `{"id":"evt_1","name":"Tür <Süd> & 1/2 'a'"}` },
    { signed: '{"a":"\\u0022\\u002B"}', body: '{"a":"\\"+"}' },
  ],
  json_slashes_escaped: [
    { signed: PHP, body: '{"url":"https://example.com/Tür"}' },
    { signed: PHP_LETTERS, body: '{"url":"https://example.com/Tür"}' },
  ],
  json_unescaped: [
    { signed: BODY, body: PYTHON_COMPACT },
    { signed: PYTHON_LETTERS, body: PYTHON },
    { signed: '{"url":"https://example.com/Tür"}', body: PHP },
    { signed: BODY, body: DOTNET },
  ],
  json_keys_sorted: [
    { signed: SORTED, body: BODY },
    { signed: PYTHON_SORTED, body: BODY },
    { signed: PYTHON_SORTED, body: PYTHON_COMPACT },
    { signed: '{"a":1,"a b":{"c":2,"d":1}}', body: '{"a b":{"d":1,"c":2},"a":1}' },
    { signed: '{"a":{"d":1,"c":2},"b":1}', body: '{"b":1,"a":{"d":1,"c":2}}' },
    { signed: '[{"a":{"c":2,"d":1},"b":1}]', body: '[{"b":1,"a":{"d":1,"c":2}}]' },
  ],
  json_canonicalised: [
    { signed: CANONICAL, body: BODY },
    { signed: GO_MAP, body: BODY },
    { signed: GO_MAP, body: PYTHON },
    { signed: PHP_SORTED, body: `{"url":"https://example.com/Tür","at":{"z":1,"a":2}}` },
    { signed: PYTHON_REPARSED_SORTED, body: BODY },
    { signed: DOTNET_SORTED, body: '{"b":{"d":1,"c":"ü&"},"a":1}' },
  ],
  json_reparsed: [
    { signed: JSON.stringify(JSON.parse(BODY)), body: BODY },
    { signed: JSON.stringify(JSON.parse(BODY), null, 2), body: PYTHON_LETTERS },
    { signed: '{"a":2}', body: '{"a":1,"a":2}' },
    { signed: '{"1":true,"b":1,"a":2}', body: '{"b":1,"a":2,"1":true}' },
  ],
  json_nulls_dropped: [{ signed: '{"a":1,"b":[{"c":2}]}', body: '{"a":1,"n":null,"b":[{"c":2,"d":null}]}' }],
  json_keys_renamed: [
    { signed: '{"orgId":1,"siteIds":[{"deviceId":2}]}', body: '{"org_id":1,"site_ids":[{"device_id":2}]}' },
    { signed: '{"OrgId":1}', body: '{"orgId":1}' },
    { signed: '{"org_id":1}', body: '{"OrgId":1}' },
  ],
  json_dates_rewritten: [
    { signed: '{"at":"2026-11-23T08:31:07.12Z"}', body: DATED },
    { signed: '{"at":"2026-11-23T08:31:07.120+00:00"}', body: DATED },
    { signed: '{"at":"2026-11-23T08:31:07.120000+00:00"}', body: DATED },
    { signed: '{"at":"2026-11-23T08:31:07.1200000Z"}', body: DATED },
    { signed: '{"at":"2026-11-23T08:31:07.000Z"}', body: '{"at":"2026-11-23T08:31:07Z"}' },
  ],
};

test.each(Object.entries(WRITTEN).flatMap(([code, pairs]) => pairs.map((pair) => [code, pair] as const)))(
  "%s: $signed",
  async (code, pair) => {
    await expectMistakes(make(pair), [code as JsonCode]);
  },
);

test("finds two mistakes made together", async () => {
  await expectMistakes(make({ signed: PYTHON, body: BODY, key: SECRET }), [
    "secret_prefix_in_key",
    "json_non_ascii_escaped",
  ]);
  await expectMistakes(make({ signed: PYTHON_LETTERS, body: BODY, message: (_i, _t, body) => body }), [
    "body_only",
    "json_python_spaces",
  ]);
});

test("does not explain JSON whose content changed", async () => {
  const changed = make({ signed: BODY, body: BODY.replace("true", "false") });
  expect(await diagnose({ ...changed, keys: SECRET, now: NOW })).toHaveProperty("verdict", "unknown");
});
