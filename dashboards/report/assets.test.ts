import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { expect, test } from "vitest";
import { joinModules, loadAssets } from "./assets.ts";

test("modules become one script without imports and exports", () => {
  const script = joinModules([
    `export const one = 1;\nexport function two() {\n  return one;\n}\n`,
    `import { one,\n  two } from "./a.js";\ntwo(one, "export const in a text");\n`,
  ]);
  expect(script).not.toMatch(/^(import|export)\b/m);
  expect(script).toContain(`two(one, "export const in a text")`);
  expect(() => new Script(script)).not.toThrow();
});

test("the page's scripts compile as they are inlined, and only they are allowed by the policy", () => {
  const { scripts, policy, style } = loadAssets();
  for (const script of scripts) {
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/<\/script|<!--/i);
    expect(policy).toContain(createHash("sha256").update(script).digest("base64"));
  }
  expect(policy).toContain("default-src 'none'");
  expect(style).not.toMatch(/<\/style|url\(|@import/i);
});
