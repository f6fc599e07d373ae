/**
 * A real browser for tests of pages. Where there is none, tests are skipped and say so, unless
 * QUORUM_LAB_REQUIRE_BROWSER=1 makes that an error.
 */
import { accessSync, constants, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** CHROMIUM_PATH, or Chromium where Debian has it, or on the PATH; null if there is none. */
export function findChromium(): string | null {
  const configured = process.env["CHROMIUM_PATH"];
  if (configured !== undefined && configured !== "") {
    if (isExecutable(configured)) return configured;
    throw new Error(`CHROMIUM_PATH is ${configured}, which is no program: correct or unset it`);
  }
  const directories = (process.env["PATH"] ?? "").split(path.delimiter);
  const places = NAMES.flatMap((name) => directories.map((each) => path.join(each, name)));
  return ["/usr/bin/chromium", ...places].find(isExecutable) ?? null;
}

/** Why tests in a browser are skipped; null: they run. Throws if they must run and cannot. */
export function skipReason(): string | null {
  if (findChromium() !== null) return null;
  const reason = "no Chromium: install one, or set CHROMIUM_PATH to it, to test pages in a browser";
  if (process.env["QUORUM_LAB_REQUIRE_BROWSER"] === "1") throw new Error(reason);
  return reason;
}

/** A browser with a fresh profile that talks to nobody by itself. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("no Chromium");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** Messages of the console, exceptions, and requests beyond the page itself. */
  readonly findings: string[];
}

/** Writes the page to the file, and opens it from there as a person would. */
export async function openPage(
  browser: Browser,
  file: string,
  html: string,
  options: BrowserContextOptions,
): Promise<OpenedPage> {
  writeFileSync(file, html);
  const address = pathToFileURL(file).href;
  const page = await browser.newPage(options);
  const findings: string[] = [];
  page.on("console", (message) => findings.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => findings.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== address && request.url() !== "data:,") {
      findings.push(`request: ${request.url()}`);
    }
  });
  await page.goto(address, { waitUntil: "load" });
  return { page, findings };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Missing or not ours to run: not a browser that we can use.
    return false;
  }
}
