import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleFaults, sampleRun } from "../../results/testdata/sample-run.ts";
import { sampleSeries } from "../../results/testdata/sample-series.ts";
import { launchChromium, openPage, skipReason, type OpenedPage } from "../testdata/chromium.ts";
import { renderReport } from "./render-report.ts";

const reason = skipReason();

describe.skipIf(reason !== null)(
  `the report in Chromium${reason === null ? "" : ` (${reason})`}`,
  () => {
    let directory: string;
    let browser: Browser;

    beforeAll(async () => {
      directory = mkdtempSync(path.join(os.tmpdir(), "report-"));
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser.close();
      rmSync(directory, { recursive: true, force: true });
    });

    function open(html: string, options: BrowserContextOptions = {}): Promise<OpenedPage> {
      const viewport = { width: 1400, height: 900 };
      return openPage(browser, path.join(directory, "report.html"), html, { viewport, ...options });
    }

    const sample = (verdict: "pass" | "fail" = "pass"): string =>
      renderReport(sampleRun(verdict), sampleSeries(), sampleFaults());

    /** For every chart: the share of its canvas's pixels that were drawn on. */
    async function drawnShares(page: Page): Promise<number[]> {
      await page.waitForFunction(
        `document.querySelectorAll(".chart canvas").length === document.querySelectorAll(".chart").length`,
      );
      return page.evaluate(`[...document.querySelectorAll(".chart canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) drawn += 1;
      return drawn / (data.length / 4);
    })`);
    }

    test("opens from disk with the verdict in sight, every chart drawn, and asks nobody for anything", async () => {
      const { page, findings } = await open(sample());
      const title = page.getByRole("heading", { level: 1 });
      expect((await title.innerText()).toLowerCase()).toContain("pass");
      const box = await title.boundingBox();
      expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(300);
      const shares = await drawnShares(page);
      expect(shares.length).toBe(12);
      expect(Math.min(...shares)).toBeGreaterThan(0.01);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("shows the broken guarantee with its evidence before anything else", async () => {
      const { page } = await open(sample("fail"));
      const broken = page.locator("article.broken");
      expect(await broken.innerText()).toContain("A session never sees an older state");
      expect(await broken.locator("li").count()).toBe(3);
      const before = (await broken.boundingBox())?.y ?? Infinity;
      expect(before).toBeLessThan((await page.locator("section").first().boundingBox())?.y ?? 0);
      await page.close();
    });

    test.each([390, 900, 1400])("fits a screen of %i px, light and dark", async (width) => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, findings } = await open(sample("fail"), {
          viewport: { width, height: 900 },
          colorScheme,
        });
        await drawnShares(page);
        const overflow = await page.evaluate(
          `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
        );
        expect(overflow).toBe(0);
        expect(findings).toEqual([]);
        await page.close();
      }
    });

    test("draws its charts again when the window becomes narrow and when the colours change", async () => {
      const { page, findings } = await open(sample());
      const colors = async (): Promise<string> =>
        page.evaluate(`document.querySelector(".chart canvas").toDataURL()`);
      const light = await colors();
      await page.emulateMedia({ colorScheme: "dark" });
      await page.waitForFunction(
        (before) =>
          (
            globalThis as unknown as {
              document: { querySelector(selector: string): { toDataURL(): string } };
            }
          ).document
            .querySelector(".chart canvas")
            .toDataURL() !== before,
        light,
      );
      await page.setViewportSize({ width: 390, height: 900 });
      await page.waitForFunction(`document.querySelector(".chart canvas").clientWidth < 380`);
      expect(Math.min(...(await drawnShares(page)))).toBeGreaterThan(0.01);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("can be read and zoomed with the keyboard alone", async () => {
      const { page, findings } = await open(sample());
      const chart = page.locator("#chart-throughput-0");
      await chart.focus();
      await page.keyboard.press("ArrowRight");
      expect(await page.locator("#spoken").innerText()).toMatch(
        /^time \d+\.\d+ s, all operations [\d,]+, writes [\d,]+, errors \d+$/,
      );
      const canvas = async (): Promise<string> =>
        page.evaluate(`document.querySelector("#chart-throughput-0 canvas").toDataURL()`);
      const whole = await canvas();
      await page.keyboard.press("+");
      await expect.poll(canvas).not.toBe(whole);
      const zoomed = await canvas();
      await page.keyboard.press("0");
      await expect.poll(canvas).not.toBe(zoomed);
      const entry = chart.getByRole("button", { name: "writes" });
      await entry.focus();
      expect(await entry.getAttribute("aria-pressed")).toBe("true");
      await page.keyboard.press("Enter");
      await expect.poll(() => entry.getAttribute("aria-pressed")).toBe("false");
      expect(findings).toEqual([]);
      await page.close();
    });

    test("prints in light colours and with everything unfolded, and is as before afterwards", async () => {
      const { page, findings } = await open(sample(), { colorScheme: "dark" });
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe("rgb(22, 26, 31)");
      expect(
        await page.evaluate(`[...document.querySelectorAll("details")].every((d) => d.open)`),
      ).toBe(true);
      await page.setViewportSize({ width: 718, height: 1000 });
      await page.emulateMedia({ media: "print" });
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBe(718);
      await page.emulateMedia({ media: "screen" });
      await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
      expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe(
        "rgb(232, 236, 241)",
      );
      expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(20_000);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("shows whatever names hold, and runs none of it", async () => {
      const attacks = [
        `</script><script>globalThis.owned = 1</script>`,
        `"><img src="http://127.0.0.1:9/x" onerror="globalThis.owned = 2">`,
        `' onmouseover='globalThis.owned = 3`,
        `<!--<script>`,
        `javascript:globalThis.owned = 4`,
      ];
      const attack = attacks.join(" ");
      const run = poison(sampleRun("fail"), attack);
      const series = poison(sampleSeries(), attack);
      const faults = poison(sampleFaults(), attack);
      const { page, findings } = await open(renderReport(run, series, faults));
      await drawnShares(page);
      await page.mouse.move(700, 400);
      expect(await page.evaluate(`globalThis.owned`)).toBeUndefined();
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.evaluate(`document.scripts.length`)).toBe(3);
      expect(await page.locator("#identity").innerText()).toContain(attacks[0]);
      expect(findings).toEqual([]);
      await page.close();
    });
  },
);

/** Keys that are data, not names of the schema, get it too. */
const DATA_KEYS = new Set(["config", "figures", "looked"]);
/** Strings that are not free text. */
const KEPT_KEYS = new Set(["hdr", "verdict", "role", "startedAt"]);

/** The value with `attack` after every string that could hold anything. */
function poison<T>(value: T, attack: string, isData = false): T {
  const visit = (part: unknown, key: string, inData: boolean): unknown => {
    if (typeof part === "string") return KEPT_KEYS.has(key) ? part : `${part}${attack}`;
    if (Array.isArray(part)) return part.map((each) => visit(each, key, inData));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, each]) => [
        inData ? `${name}${attack}` : name,
        visit(each, name, inData || DATA_KEYS.has(name)),
      ]),
    );
  };
  return visit(value, "", isData) as T;
}
