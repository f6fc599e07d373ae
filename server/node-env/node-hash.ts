/**
 * Hashing, by Node's OpenSSL. It depends on nothing but its arguments: the simulator has the same.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Hash } from "../env.ts";

export const nodeHash: Hash = {
  hmacSha256: (key, bytes) => createHmac("sha256", key).update(bytes).digest(),
  isEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
