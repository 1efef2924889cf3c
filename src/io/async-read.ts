import { read } from "node:fs";
import type { FileDescriptor, FilePosition } from "../base/units.ts";

/** Of one call: what the disk is asked for at once, and how long a sync behind it in the pool has to wait. */
const READ_BYTES = 1024 * 1024;

/** Nobody looks at what is in it. One for each thread. */
let scratch: Uint8Array | null = null;

/**
 * Reads a range on Bun's pool and forgets it: then it is in the page cache. Resolves to null, also when the file ends
 * before the range, or to the errno's code. Never rejects. The descriptor must stay open until it resolves.
 */
export async function readThroughInBackground(
  fd: FileDescriptor,
  position: FilePosition,
  length: number,
): Promise<string | null> {
  for (let done = 0; done < length; ) {
    const bytes = await readOnce(fd, position + done, Math.min(READ_BYTES, length - done));
    if (typeof bytes === "string") return bytes;
    if (bytes === 0) return null;
    done += bytes;
  }
  return null;
}

function readOnce(fd: FileDescriptor, position: number, length: number): Promise<number | string> {
  scratch ??= new Uint8Array(new ArrayBuffer(READ_BYTES));
  const into = scratch;
  return new Promise((resolve) => {
    read(fd, into, 0, length, position, (error, bytes) =>
      resolve(error === null || error === undefined ? bytes : (error.code ?? "EIO")),
    );
  });
}
