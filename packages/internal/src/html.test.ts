import { describe, expect, test } from "vitest";
import { escapeHtml, html, raw } from "./html.ts";

const HOSTILE = `<img src=x onerror="alert('1')">&amp;`;
const ESCAPED = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;";

describe("html", () => {
  test("escapes text in content and in attributes", () => {
    expect(html`<p title="${HOSTILE}">${HOSTILE}</p>`.text).toBe(`<p title="${ESCAPED}">${ESCAPED}</p>`);
  });

  test("escapes text inside lists and inside nested templates once", () => {
    const items = [HOSTILE, "plain"].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>`.text).toBe(`<ul><li>${ESCAPED}</li><li>plain</li></ul>`);
  });

  test("inserts nothing for null, undefined and false, and numbers as they are", () => {
    expect(html`a${null}${undefined}${false}${0}`.text).toBe("a0");
  });

  test("inserts markup that was declared safe", () => {
    expect(html`<p>${raw("<b>x</b>")}</p>`.text).toBe("<p><b>x</b></p>");
  });
});

test("escapeHtml leaves no character that ends a text or an attribute", () => {
  expect(escapeHtml(HOSTILE)).toBe(ESCAPED);
});
