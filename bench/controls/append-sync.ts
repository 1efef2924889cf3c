import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { syncInBackground } from "../../src/io/async-sync.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import type { ControlOptions } from "./control.ts";

export interface SyncLatency {
  readonly p50Microseconds: number;
  readonly p99Microseconds: number;
  readonly syncsPerSecond: number;
}

const files = filesOfThisPlatform();

/** Append one block, make it durable, again: on this thread, and by the pool. The floor of an acknowledgement's latency. */
export async function run({
  seconds,
  blockBytes,
}: ControlOptions): Promise<{ blocking: SyncLatency; background: SyncLatency }> {
  const blocking = await measure(seconds / 2, blockBytes, (fd) => files.sync(fd));
  const background = await measure(seconds / 2, blockBytes, syncInBackground);
  return { blocking, background };
}

async function measure(
  seconds: number,
  blockBytes: number,
  sync: (fd: FileDescriptor) => unknown,
): Promise<SyncLatency> {
  const directory = mkdtempSync(join(tmpdir(), "odradek-control-"));
  const fd = files.open(join(directory, "synced"), "create");
  const block = new Uint8Array(blockBytes).fill(1);
  const latencies: number[] = [];
  const deadlineMs = performance.now() + seconds * 1000;
  try {
    for (let at = 0; performance.now() < deadlineMs; at += blockBytes) {
      files.write(fd, block, 0, blockBytes, at as FilePosition);
      const startedMs = performance.now();
      await sync(fd);
      latencies.push((performance.now() - startedMs) * 1000);
    }
  } finally {
    files.close(fd);
    rmSync(directory, { recursive: true });
  }
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)]!;
  return {
    p50Microseconds: quantile(0.5),
    p99Microseconds: quantile(0.99),
    syncsPerSecond: latencies.length / seconds,
  };
}

if (import.meta.main) {
  const blockBytes = Number(process.argv[2] ?? 4096);
  for (const [name, latency] of Object.entries(await run({ seconds: 6, blockBytes }))) {
    const { p50Microseconds, p99Microseconds, syncsPerSecond } = latency;
    const figures = `p50 ${p50Microseconds.toFixed(0)} µs, p99 ${p99Microseconds.toFixed(0)} µs`;
    console.log(`append ${blockBytes} B + fdatasync, ${name}: ${figures}, ${syncsPerSecond.toFixed(0)}/s`);
  }
}
