import { libc } from "./libc.ts";

/** Raises the queue of connections not yet accepted: Bun fixes it at 512. The kernel's `somaxconn` still caps it. */
export function setListenBacklog(listenerFd: number, connections: number): boolean {
  return libc()?.listen(listenerFd, connections) === 0;
}
