import { systemClock } from "../base/clock.ts";
import type { LogFields, Logger } from "../base/logger.ts";
import { readThroughInBackground } from "../io/async-read.ts";
import { syncDirectoryInBackground, syncInBackground, syncNow } from "../io/async-sync.ts";
import { filesOfThisPlatform } from "../io/files-of-this-platform.ts";
import type { WorkerBoot, WorkerNotice } from "../io/partition-messages.ts";
import { setThreadName } from "../io/thread.ts";
import type { DiskJobs } from "./disk-jobs.ts";
import { Duty, TICK_MS } from "./duty.ts";

/**
 * The shell of a partition thread: it owns the event loop and the doorbell; {@link Duty} does the work. An assertion
 * that fails here ends the thread: its partitions go offline and the router starts another.
 *
 * It sleeps in one of two ways. While somebody waits for a disk, which ends on the event loop, the doorbell is an event
 * among others. Else the thread blocks in it and the event loop gets a look every few milliseconds when a timer is due,
 * or every second: a wake-up then costs less than half.
 */
declare const self: Worker;

/** Commands that keep coming hold up the end of a sync that somebody waits for no longer than this. */
const LOOP_LATE_MS_MAX = 1;
/** Timers beyond this fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

self.onmessage = (event: MessageEvent<WorkerBoot>) => {
  self.onmessage = null;
  void run(event.data);
};

async function run(boot: WorkerBoot): Promise<void> {
  setThreadName(boot.threadName);
  const files = filesOfThisPlatform();
  const jobs: DiskJobs = {
    syncFile: syncInBackground,
    syncFileNow: (fd) => syncNow(files, fd),
    syncDirectory: syncDirectoryInBackground,
    readThrough: readThroughInBackground,
  };
  const duty = new Duty(boot, files, systemClock, jobs, relay);
  const timers = [
    setInterval(() => duty.maintain(), Math.min(boot.maintenanceIntervalMs, TIMER_MS_MAX)),
    setInterval(() => duty.tick(), TICK_MS),
  ];
  notify({ kind: "ready" });
  let loopRanAtMs = performance.now();
  while (!duty.isStopping) {
    const hasMore = duty.turn();
    if (duty.isStopping) break;
    const { patienceMs } = duty;
    const sinceLoopMs = performance.now() - loopRanAtMs;
    const isAwaited = patienceMs === 0 && !hasMore;
    const doorbell = isAwaited ? duty.commands.armDoorbell() : null;
    if (doorbell !== null) {
      await doorbell;
      loopRanAtMs = performance.now();
    } else if (isAwaited && sinceLoopMs < LOOP_LATE_MS_MAX) {
      // Commands came meanwhile.
    } else if (hasMore || sinceLoopMs >= patienceMs) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      loopRanAtMs = performance.now();
    } else {
      duty.commands.blockUntilRung(patienceMs - sinceLoopMs);
    }
  }
  for (const timer of timers) clearInterval(timer);
  await duty.coldReads.stop();
  process.exit(0);
}

const relay: Logger = {
  debug: (event, message, fields) => log("debug", event, message, fields),
  info: (event, message, fields) => log("info", event, message, fields),
  warn: (event, message, fields) => log("warn", event, message, fields),
  error: (event, message, fields) => log("error", event, message, fields),
};

function log(
  level: "debug" | "info" | "warn" | "error",
  event: string,
  message: string,
  fields: LogFields | undefined,
): void {
  notify({ kind: "log", level, event, message, fields: fields ?? null });
}

function notify(notice: WorkerNotice): void {
  postMessage(notice);
}
