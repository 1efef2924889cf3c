import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { libc } from "../../src/io/libc.ts";
import { threadId } from "../../src/io/thread.ts";

const IDENTITY_WORKER = new URL("./thread-identity.worker.ts", import.meta.url).href;
const workers: Worker[] = [];
afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

function ask(name: string): Promise<{ threadId: number }> {
  const worker = new Worker(IDENTITY_WORKER);
  workers.push(worker);
  return new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ name });
  });
}

describe.skipIf(libc() === null)("a thread", () => {
  test("carries its name where ps -T looks for it, cut to what the kernel keeps", async () => {
    const [short, long] = await Promise.all([ask("orders-0"), ask("a-long-topic-name-0")]);
    expect(short.threadId).not.toBe(long.threadId);
    expect(short.threadId).not.toBe(threadId());
    const nameOf = (id: number): string => readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
    expect(nameOf(short.threadId)).toBe("orders-0");
    expect(nameOf(long.threadId)).toBe("a-long-topic-na");
  });
});
