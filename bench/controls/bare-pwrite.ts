import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FilePosition } from "../../src/base/units.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { type ControlFigures, type ControlOptions, printControl, Stopwatch } from "./control.ts";

/** The run ends when the file has grown to this: bounds the disk space that a run takes. */
const FILE_BYTES_MAX = 16 * 2 ** 30;
const BLOCKS_BETWEEN_LOOKS = 16;

/**
 * Appends to the page cache, by the calls of a partition worker: the roof of taking data in. The file only grows, as a
 * log does: cutting it and writing the same pages again is up to five times faster on a guest whose fresh pages the
 * host has to find first, and no log can do that.
 */
export async function run({ seconds, blockBytes }: ControlOptions): Promise<ControlFigures> {
  const directory = mkdtempSync(join(tmpdir(), "odradek-control-"));
  const files = filesOfThisPlatform();
  const fd = files.open(join(directory, "appended"), "create");
  const block = new Uint8Array(new SharedArrayBuffer(blockBytes)).fill(1);
  const deadlineMs = performance.now() + seconds * 1000;
  const stopwatch = new Stopwatch();
  let bytes = 0;
  try {
    stopwatch.start();
    while (performance.now() < deadlineMs && bytes < FILE_BYTES_MAX) {
      for (let index = 0; index < BLOCKS_BETWEEN_LOOKS; index++) {
        files.write(fd, block, 0, blockBytes, bytes as FilePosition);
        bytes += blockBytes;
      }
    }
    stopwatch.stop();
    return stopwatch.figures(bytes);
  } finally {
    files.close(fd);
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.main) await printControl("bare pwrite", run, 64 * 1024);
