import { closeSync } from "node:fs";
import type { FileDescriptor } from "../base/units.ts";

/**
 * Closes a descriptor that another thread opened: what a dead worker has left in its pin table. Returns null or the
 * errno's code; the descriptor is gone either way.
 */
export function closeDescriptor(fd: FileDescriptor): string | null {
  try {
    closeSync(fd);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EIO";
  }
}
