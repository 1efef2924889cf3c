import { threadId as workerId } from "node:worker_threads";
import { libc } from "./libc.ts";

const PR_SET_NAME = 15;
/** The kernel keeps 16 bytes, the last of them a zero. */
export const THREAD_NAME_BYTES_MAX = 15;

/** Names the calling thread for `ps -T`, `top -H` and debuggers; longer names are cut. Does nothing without glibc. */
export function setThreadName(name: string): void {
  const bytes = new Uint8Array(THREAD_NAME_BYTES_MAX + 1);
  new TextEncoder().encodeInto(name, bytes.subarray(0, THREAD_NAME_BYTES_MAX));
  libc()?.prctl(PR_SET_NAME, bytes);
}

/** The kernel's id of the calling thread, as `ps -T` shows it; without glibc Bun's number of the worker. */
export function threadId(): number {
  return libc()?.gettid() ?? workerId;
}
