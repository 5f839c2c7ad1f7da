import type { MetricFamily } from "./metrics-text.ts";

const MICROSECONDS = 1e6;

/** What this process takes. */
export function processMetrics(): readonly MetricFamily[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { utilization } = performance.eventLoopUtilization();
  return [
    gauge("process_resident_memory_bytes", "Resident memory.", rss),
    gauge("nodejs_heap_used_bytes", "Memory of the heap in use.", heapUsed),
    gauge("process_start_time_seconds", "When the process began, since 1970.", Date.now() / 1000 - process.uptime()),
    gauge("nodejs_eventloop_utilization", "Part of its time in which the event loop was busy.", utilization),
    {
      ...gauge("process_cpu_seconds_total", "Time of processors.", (user + system) / MICROSECONDS),
      type: "counter",
    },
  ];
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: "gauge", samples: [{ value }] };
}
