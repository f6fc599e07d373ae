import { describe, expect, test } from "vitest";
import { html, scriptJson, trustedHtml } from "./html.ts";

describe("a template", () => {
  test("escapes text and attributes, and leaves nested templates alone", () => {
    const name = `<img src=x onerror='a("b")'> & co`;
    expect(html`<p title="${name}">${html`<b>${name}</b>`}</p>`.text).toBe(
      `<p title="&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt; &amp; co"><b>&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt; &amp; co</b></p>`,
    );
  });

  test("joins lists, shows numbers, and nothing for null", () => {
    expect(html`${[1, html`<i>2</i>`, "3"]}${null}${trustedHtml("<hr>")}`.text).toBe(
      "1<i>2</i>3<hr>",
    );
  });

  test("shows control characters and marks of direction as such", () => {
    expect(html`${"a\u0000b\u202ec\td\ne"}`.text).toBe("a\ufffdb\ufffdc\td\ne");
  });
});

test("JSON in a script element cannot end it, and reads back as it was", () => {
  const value = { name: "</script><!--<script>&\u2028\u2029" };
  const { text } = scriptJson(value);
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(value);
});
