import { afterEach, describe, expect, test, vi } from "vitest";
import { allocateRing, RingConsumer, RingProducer } from "../../src/io/ring.ts";
import { SLEEPING_WORD } from "../../src/io/ring-layout.ts";

/**
 * The windows in which a wake-up could be lost are a few nanoseconds wide: two real threads do not hit them in a
 * test's time. So the producer is run here at each step of the consumer's way to sleep.
 */
afterEach(() => {
  vi.restoreAllMocks();
});

function ringPair(): { producer: RingProducer; consumer: RingConsumer; publishOne: () => void } {
  const memory = allocateRing(1024);
  const producer = new RingProducer(memory);
  const publishOne = (): void => {
    producer.claim(1, 0);
    producer.publish();
  };
  return { producer, consumer: new RingConsumer(memory), publishOne };
}

/** Runs `action` once, when the consumer is about to raise its flag, or has just done so. */
function aroundTheFlag(moment: "before" | "after", action: () => void): void {
  const store = Atomics.store.bind(Atomics) as typeof Atomics.store;
  let done = false;
  const spy = vi.spyOn(Atomics, "store") as unknown as { mockImplementation(f: unknown): void };
  spy.mockImplementation((words: Int32Array, index: number, value: number) => {
    const isFlag = index === SLEEPING_WORD && value === 1 && !done;
    if (!isFlag) return store(words, index, value);
    done = true;
    if (moment === "before") action();
    const stored = store(words, index, value);
    if (moment === "after") action();
    return stored;
  });
}

describe("a message published while the consumer falls asleep", () => {
  test("is seen when it came between the look at the ring and the raising of the flag", () => {
    const { consumer, publishOne } = ringPair();
    aroundTheFlag("before", publishOne);
    expect(consumer.armDoorbell()).toBeNull();
    expect(consumer.poll(() => undefined, 1)).toBe(1);
  });

  test("is seen when it came between the raising of the flag and the second look", () => {
    const { consumer, publishOne } = ringPair();
    aroundTheFlag("after", publishOne);
    expect(consumer.armDoorbell()).toBeNull();
    expect(consumer.poll(() => undefined, 1)).toBe(1);
  });

  test("is seen when it came between the second look and the wait", () => {
    const { consumer, publishOne } = ringPair();
    const waitAsync = Atomics.waitAsync.bind(Atomics) as (...args: unknown[]) => unknown;
    const spy = vi.spyOn(Atomics, "waitAsync") as unknown as { mockImplementation(f: unknown): void };
    spy.mockImplementation((...args: unknown[]) => {
      publishOne();
      return waitAsync(...args);
    });
    expect(consumer.armDoorbell()).toBeNull();
    expect(consumer.poll(() => undefined, 1)).toBe(1);
  });

  test("wakes it when it comes after the wait began, and the flag is down then", async () => {
    const { consumer, publishOne } = ringPair();
    const doorbell = consumer.armDoorbell();
    publishOne();
    expect(consumer.i32[SLEEPING_WORD]).toBe(0);
    await doorbell;
    expect(consumer.poll(() => undefined, 1)).toBe(1);
  });
});

test("a wait that outlives its messages still wakes for the next ones", async () => {
  const { consumer, publishOne } = ringPair();
  const doorbell = consumer.armDoorbell();
  publishOne();
  // Polled by other means (a timer's turn), before the doorbell's promise has run; then asleep again at once.
  expect(consumer.poll(() => undefined, 1)).toBe(1);
  await consumer.armDoorbell();
  await doorbell;
  const next = consumer.armDoorbell();
  expect(next).not.toBeNull();
  publishOne();
  await next;
  expect(consumer.poll(() => undefined, 1)).toBe(1);
});
