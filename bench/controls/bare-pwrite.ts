import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FilePosition } from "../../src/base/units.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { type ControlFigures, type ControlOptions, printControl, Stopwatch } from "./control.ts";

/** A file that grows to this and starts anew, before the kernel throttles the writer for its dirty pages. */
const FILE_BYTES = 512 << 20;

/** Appends to the page cache, by the calls of a partition worker: the roof of taking data in. Cutting is not counted. */
export async function run({ seconds, blockBytes }: ControlOptions): Promise<ControlFigures> {
  const directory = mkdtempSync(join(tmpdir(), "odradek-control-"));
  const files = filesOfThisPlatform();
  const fd = files.open(join(directory, "appended"), "create");
  const block = new Uint8Array(new SharedArrayBuffer(blockBytes)).fill(1);
  const stopwatch = new Stopwatch();
  let bytes = 0;
  try {
    while (stopwatch.seconds < seconds) {
      files.truncate(fd, 0);
      stopwatch.start();
      for (let at = 0; at < FILE_BYTES; at += blockBytes) {
        files.write(fd, block, 0, blockBytes, at as FilePosition);
        bytes += blockBytes;
      }
      stopwatch.stop();
    }
    return stopwatch.figures(bytes);
  } finally {
    files.close(fd);
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.main) await printControl("bare pwrite", run, 64 * 1024);
