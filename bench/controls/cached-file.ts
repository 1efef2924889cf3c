import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileDescriptor } from "../../src/base/units.ts";

/** Calls `use` with a file of that many bytes, just written and so in the page cache, and removes it afterwards. */
export async function withCachedFile<T>(
  fileBytes: number,
  use: (fd: FileDescriptor) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "odradek-control-"));
  const fd = openSync(join(directory, "cached"), "w+") as FileDescriptor;
  try {
    const block = new Uint8Array(1 << 20).fill(1);
    for (let at = 0; at < fileBytes; at += block.byteLength) writeSync(fd, block, 0, block.byteLength, at);
    return await use(fd);
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}
