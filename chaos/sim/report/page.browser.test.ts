import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  openPage,
  skipReason,
  type OpenedPage,
} from "../../../dashboards/testdata/chromium.ts";
import type { TraceEvent } from "../trace.ts";
import { renderFailureHtml } from "./render-failure.ts";
import { LOST_ZXID, exampleFailure, exampleTrace } from "./testdata/example-failure.ts";

const reason = skipReason();

describe.skipIf(reason !== null)(
  `the page of a failure in Chromium${reason === null ? "" : ` (${reason})`}`,
  () => {
    let directory: string;
    let browser: Browser;

    beforeAll(async () => {
      directory = mkdtempSync(path.join(os.tmpdir(), "failure-page-"));
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser.close();
      rmSync(directory, { recursive: true, force: true });
    });

    function open(html: string, options: BrowserContextOptions = {}): Promise<OpenedPage> {
      const viewport = { width: 1280, height: 900 };
      return openPage(browser, path.join(directory, "failure.html"), html, {
        viewport,
        ...options,
      });
    }

    const example = (): string => renderFailureHtml(exampleFailure(), exampleTrace());
    const details = (page: Page): Promise<string> => page.locator("#details").innerText();

    test("opens from disk with what broke in sight and the story drawn, and asks nobody for anything", async () => {
      const { page, findings } = await open(example());
      const box = await page.getByRole("heading", { level: 1 }).boundingBox();
      expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(300);
      expect(await page.locator(".picture .message").count()).toBeGreaterThan(15);
      expect(await page.locator(".picture .message.lost").count()).toBe(1);
      expect(await page.locator(".picture .banner.violation").count()).toBe(1);
      expect(await page.locator(".picture .banner.fault").count()).toBe(3);
      expect(await page.locator(".picture .state.leading").count()).toBe(2);
      expect(await page.locator(".picture .op").count()).toBe(3);
      expect(await page.locator("#names").innerText()).toMatch(/client 1.*server 3/s);
      expect(await page.locator(".overview .fault").count()).toBe(3);
      expect(findings).toEqual([]);
      await page.close();
    });

    test.each([390, 900, 1280])("fits a screen of %i px, light and dark", async (width) => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, findings } = await open(example(), {
          viewport: { width, height: 900 },
          colorScheme,
        });
        const overflow = await page.evaluate(
          `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
        );
        expect(overflow).toBe(0);
        const frame = await page.evaluate(
          `document.getElementById("frame").scrollWidth - document.getElementById("frame").clientWidth`,
        );
        expect(frame).toBe(0);
        expect(findings).toEqual([]);
        await page.close();
      }
    });

    test("writes no label over another one", async () => {
      const { page } = await open(example());
      await page.locator("#everything").click();
      const covered = await page.evaluate(`(() => {
        const boxes = [...document.querySelectorAll(".picture .event:not(.banner) .label")].map((each) => each.getBBox());
        const over = (a, b) => a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 4 < b.y + b.height && b.y + 4 < a.y + a.height;
        return boxes.filter((a, at) => boxes.some((b, other) => other > at && over(a, b))).length;
      })()`);
      expect(covered).toBe(0);
      await page.close();
    });

    test("gives every silence a row of its own beside the times", async () => {
      const { page } = await open(example());
      const places: number[] = await page.evaluate(
        `[...document.querySelectorAll(".picture .time, .picture .gaptext:not(.label)")].map((each) => Number(each.getAttribute("y"))).sort((a, b) => a - b)`,
      );
      expect(places.length).toBeGreaterThan(20);
      const steps = places.slice(1).map((y, at) => y - (places[at] ?? 0));
      expect(Math.min(...steps)).toBeGreaterThan(9);
      await page.close();
    });

    test("shows everything, pings when they are asked for, and the story again", async () => {
      const { page, findings } = await open(example());
      const messages = page.locator(".picture .message");
      const told = await messages.count();
      await page.getByRole("button", { name: "Everything" }).click();
      const all = await messages.count();
      expect(all).toBeGreaterThan(told);
      expect(await page.locator(".picture .heartbeat").count()).toBe(0);
      await page.getByLabel("pings").check();
      expect(await page.locator(".picture .heartbeat").count()).toBeGreaterThan(3);
      await page.getByRole("button", { name: "Story" }).click();
      expect(await messages.count()).toBe(told);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("shows a part of the run that is dragged over or typed, and the whole again", async () => {
      const { page, findings } = await open(example());
      const banners = page.locator(".picture .banner.fault");
      const box = await page.locator("#overview").boundingBox();
      if (box === null) throw new Error("no overview");
      await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 4 });
      await page.mouse.up();
      expect(await banners.count()).toBe(0);
      expect(await page.locator(".overview .brush").count()).toBe(1);
      await page.getByRole("button", { name: "Whole run" }).click();
      expect(await banners.count()).toBe(3);
      await page.locator("#from").fill("1.51");
      await page.locator("#from").press("Enter");
      expect(await banners.count()).toBe(2);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("can be read with the keyboard alone", async () => {
      const { page, findings } = await open(example());
      const frame = page.locator("#frame");
      await frame.focus();
      await page.keyboard.press("n");
      expect(await details(page)).toContain("fault 1 begins");
      await page.keyboard.press("ArrowDown");
      expect(await details(page)).toBe(
        "1.500 s client 1 to server 3: create /r/a (arrives at 1.502 s, after 1.5 ms)",
      );
      await page.keyboard.press("ArrowDown");
      expect(await details(page)).toContain(`PROPOSAL ${LOST_ZXID} (not delivered)`);
      expect(await page.locator(".picture .selected.lost").count()).toBe(1);
      await page.keyboard.press("v");
      expect(await details(page)).toContain("C7 broken");
      const seen = await page.evaluate(`(() => {
        const frame = document.getElementById("frame").getBoundingClientRect();
        const banner = document.querySelector(".banner.violation rect").getBoundingClientRect();
        return banner.top > frame.top && banner.bottom < frame.bottom;
      })()`);
      expect(seen).toBe(true);
      await page.keyboard.press("p");
      expect(await details(page)).toContain("fault 3 begins");
      const height = (): Promise<number> =>
        page.evaluate(`document.querySelector("#picture svg").getBoundingClientRect().height`);
      const before = await height();
      await page.keyboard.press("+");
      await page.keyboard.press("+");
      expect(await height()).toBeGreaterThan(before);
      await page.keyboard.press("0");
      expect(await height()).toBe(before);
      await page.keyboard.press("e");
      expect(await page.locator("#everything").getAttribute("aria-pressed")).toBe("true");
      expect(findings).toEqual([]);
      await page.close();
    });

    test("hides a host with all that goes to and from it", async () => {
      const { page } = await open(example());
      await page.getByRole("button", { name: "server 1" }).click();
      expect(await page.locator(".picture .message.lost").count()).toBe(0);
      expect(await page.locator("#names").innerText()).not.toContain("server 1");
      await page.getByRole("button", { name: "server 1" }).click();
      expect(await page.locator(".picture .message.lost").count()).toBe(1);
      await page.close();
    });

    test("is drawn again for a narrow window, and on paper in light colours", async () => {
      const { page, findings } = await open(example(), { colorScheme: "dark" });
      await page.setViewportSize({ width: 390, height: 800 });
      await page.waitForFunction(`document.querySelector("#picture svg.narrow") !== null`);
      expect(await page.locator("#names").innerText()).toContain("s3");
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe("rgb(22, 26, 31)");
      await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
      expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(20_000);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("shows whatever a run brings along, and runs none of it", async () => {
      const attack = `</script><script>globalThis.owned = 1</script>"><img src=x onerror="globalThis.owned = 2">' onmouseover='globalThis.owned = 3`;
      const poisoned = exampleTrace().map((event): TraceEvent =>
        "text" in event && event.text !== "" ? { ...event, text: `${event.text}${attack}` } : event,
      );
      const failure = exampleFailure();
      const violations = failure.check.violations.map((each) => ({
        ...each,
        message: `${each.message}${attack}`,
        evidence: each.evidence.map((line) => `${line}${attack}`),
      }));
      const html = renderFailureHtml(
        { ...failure, mutant: attack, check: { ...failure.check, name: attack, violations } },
        poisoned,
        { file: attack },
      );
      const { page, findings } = await open(html);
      await page.locator("#everything").click();
      await page.mouse.move(640, 500);
      expect(await page.evaluate(`globalThis.owned`)).toBeUndefined();
      const titles = await page.locator(".picture .event title").allTextContents();
      expect(titles.filter((title) => title.includes(attack)).length).toBeGreaterThan(10);
      expect(await page.locator(".picture .event title *").count()).toBe(0);
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.evaluate(`document.scripts.length`)).toBe(2);
      expect(findings).toEqual([]);
      await page.close();
    });

    test("of a run with far more than can be drawn says what is left out", async () => {
      const many = Array.from({ length: 30_000 }, (_, at): TraceEvent => ({
        kind: "message",
        atMs: 2_000 + at / 20,
        from: "s2",
        to: "s1",
        arriveMs: 2_002 + at / 20,
        bytes: 40,
        text: `PROPOSAL 0x1${String(at).padStart(8, "0")}`,
      }));
      const trace = [...exampleTrace(), ...many].toSorted((a, b) => a.atMs - b.atMs);
      const { page, findings } = await open(renderFailureHtml(exampleFailure(), trace));
      await page.locator("#everything").click();
      await page.locator("#whole").click();
      expect(await page.locator("#shown").innerText()).toMatch(
        /^1500 events are shown\. The next \d+ of this time are not drawn: choose less of it\.$/,
      );
      expect(await page.locator("main").innerText()).toMatch(/\d+ events far from the violation/);
      expect(findings).toEqual([]);
      await page.close();
    });
  },
);
