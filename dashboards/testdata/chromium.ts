/**
 * A real browser for tests of pages. Where there is none, tests are skipped and say so, unless
 * QUORUM_LAB_REQUIRE_BROWSER=1 makes that an error.
 */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

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

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Missing or not ours to run: not a browser that we can use.
    return false;
  }
}
