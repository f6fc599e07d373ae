import { expect, test } from "vitest";
import { resultLine } from "./admin-http.ts";

test("what the admin port answered is said with its percentiles and every kind of failure", () => {
  const latency = { average: 1, p50: 0, p99: 3, p99_9: 12, max: 1500 };
  const requests = { average: 12_345, p50: 1, p99: 1, p99_9: 1, max: 1, total: 99 };
  const line = resultLine("/metrics", { requests, latency, errors: 1, timeouts: 2, non2xx: 3 });
  expect(line).toBe(
    "/metrics: 12,345 requests/s, p50 / p99 / p99.9 / max < 1 ms / 3 ms / 12 ms / 1.50 s, failed 6",
  );
});
