import crypto from "node:crypto";
import fs from "node:fs";
import { expect, test } from "vitest";
import { EscapeError, withoutEscapes } from "./escape-guard.ts";

const WAYS: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "new Date()": () => new Date(),
  "performance.now": () => performance.now(),
  "Math.random": () => Math.random(),
  setTimeout: () => setTimeout(() => undefined, 1),
  "process.nextTick": () => process.nextTick(() => undefined),
  "crypto.randomBytes": () => crypto.randomBytes(4),
  "fs.readFileSync": () => fs.readFileSync("/dev/null"),
};

test.each(Object.entries(WAYS))("%s is caught, also when the program swallows it", (name, use) => {
  const swallowed = (): void => {
    try {
      use();
    } catch {
      // As a program might.
    }
  };
  expect(() => withoutEscapes(swallowed)).toThrow(EscapeError);
  expect(() => withoutEscapes(swallowed)).toThrow(`${name} was used in a simulation`);
});

test.each(Object.entries(WAYS))("%s works outside of simulations, also after one", (_name, use) => {
  withoutEscapes(() => undefined);
  expect(use).not.toThrow();
});

test("a date of a given time is no escape", () => {
  withoutEscapes(() => expect(new Date(0).getTime()).toBe(0));
});
