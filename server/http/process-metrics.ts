/**
 * What the process uses of the machine, under the names that prom-client and Prometheus' own client
 * libraries give these. Collected when somebody asks, at no cost in between but a timer of 20 ms.
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import { maxOpenFiles, openFiles } from "../net/four-letter/monitor-word.ts";

/** The delay is sampled by a timer of this interval, which the samples include. */
const SAMPLE_MS = 20;

export interface ProcessMetrics {
  /** Takes what the next rendering shows; lag and utilization are those since the last call. */
  collect(): void;
  close(): void;
}

export function registerProcessMetrics(registry: Registry): ProcessMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const cpuUser = counter("process_cpu_user_seconds_total", "CPU time in user mode, s.");
  const cpuSystem = counter("process_cpu_system_seconds_total", "CPU time in system mode, s.");
  const cpu = counter("process_cpu_seconds_total", "CPU time, user and system, s.");
  const rss = gauge("process_resident_memory_bytes", "Resident memory.");
  const heap = gauge("nodejs_heap_size_used_bytes", "JavaScript heap in use.");
  const startTime = gauge("process_start_time_seconds", "Start of the process, s since 1970.");
  const openFileCount = gauge("open_file_descriptor_count", "Open file descriptors; 0: not known.");
  const maxFileCount = gauge("max_file_descriptor_count", "Their limit; 0: not known, or none.");
  const lagP50 = gauge("nodejs_eventloop_lag_p50_seconds", "Event loop lag since last asked.");
  const lagP99 = gauge("nodejs_eventloop_lag_p99_seconds", "Event loop lag since last asked.");
  const lagMax = gauge("nodejs_eventloop_lag_max_seconds", "Event loop lag since last asked.");
  const busy = gauge(
    "quorumlab_event_loop_utilization",
    "Share of the time since last asked that the event loop was busy, 0 to 1.",
  );
  startTime.set(performance.timeOrigin / 1_000);
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  let lastUtilization = performance.eventLoopUtilization();

  const lagSeconds = (nanoseconds: number): number =>
    delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - SAMPLE_MS / 1e3);

  return {
    collect() {
      const used = process.cpuUsage();
      setCounter(cpuUser, used.user / 1e6);
      setCounter(cpuSystem, used.system / 1e6);
      setCounter(cpu, (used.user + used.system) / 1e6);
      const memory = process.memoryUsage();
      rss.set(memory.rss);
      heap.set(memory.heapUsed);
      openFileCount.set(openFiles() ?? 0);
      maxFileCount.set(maxOpenFiles() ?? 0);
      lagP50.set(lagSeconds(delay.percentile(50)));
      lagP99.set(lagSeconds(delay.percentile(99)));
      lagMax.set(lagSeconds(delay.max));
      delay.reset();
      const utilization = performance.eventLoopUtilization();
      busy.set(performance.eventLoopUtilization(utilization, lastUtilization).utilization);
      lastUtilization = utilization;
    },
    close() {
      delay.disable();
    },
  };
}

/** prom-client's counters only know how to rise; here the value is counted elsewhere. */
export function setCounter(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}
