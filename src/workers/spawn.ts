import type { WorkerBoot, WorkerNotice } from "../io/partition-messages.ts";

/**
 * Starts a partition thread. The one form of `new Worker` that Bun follows both in a checkout and in a compiled
 * executable. Main thread.
 */
export function spawnPartitionThread(): {
  post(boot: WorkerBoot): void;
  onNotice(listener: (notice: WorkerNotice) => void): void;
  onExit(listener: (reason: string) => void): void;
} {
  const worker = new Worker(new URL("./partition-worker.ts", import.meta.url));
  // A worker must not keep a stopped broker's process alive.
  worker.unref();
  return {
    post: (boot) => worker.postMessage(boot),
    onNotice: (listener) => {
      worker.addEventListener("message", (event: MessageEvent<WorkerNotice>) => listener(event.data));
    },
    onExit: (listener) => {
      // Reported when the thread is really gone: until then it may still use the files that it had open.
      let reason: string | null = null;
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        reason ??= event.message;
        worker.terminate();
      });
      worker.addEventListener("close", (event) => {
        listener(reason ?? `it exited with code ${(event as CloseEvent).code}`);
      });
    },
  };
}
