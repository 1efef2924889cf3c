import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateRing, RingConsumer, RingProducer, ringPayloadBytesMax } from "../../src/io/ring.ts";
import { HEAD_WORD, SLEEPING_WORD, TAIL_WORD } from "../../src/io/ring-layout.ts";

const CAPACITY = 1024;

function ringPair(firstCursor = 0): {
  memory: SharedArrayBuffer;
  producer: RingProducer;
  consumer: RingConsumer;
} {
  const memory = allocateRing(CAPACITY, firstCursor);
  return { memory, producer: new RingProducer(memory), consumer: new RingConsumer(memory) };
}

describe("a ring", () => {
  test("hands over what was published, in order, and nothing that was only claimed", () => {
    const { producer, consumer } = ringPair();
    const at = producer.claim(7, 12);
    producer.i32[at >> 2] = 4711;
    producer.f64[(at + 8) >> 3] = 0.5;
    expect(consumer.poll(() => expect.unreachable(), 10)).toBe(0);
    producer.publish();
    producer.claim(8, 0);
    producer.publish();

    const seen: number[][] = [];
    const handled = consumer.poll((type, payloadAt, bytes) => {
      seen.push([type, bytes, bytes === 0 ? 0 : consumer.i32[payloadAt >> 2]!]);
    }, 10);
    expect(handled).toBe(2);
    expect(seen).toEqual([
      [7, 12, 4711],
      [8, 0, 0],
    ]);
  });

  test("stops after messagesMax messages and gives their room back only then", () => {
    const { producer, consumer } = ringPair();
    for (let i = 0; i < 4; i++) producer.claim(i, 8);
    producer.publish();
    const before = producer.freeBytes();
    const freeDuring: number[] = [];
    const types: number[] = [];
    const note = (type: number): void => {
      types.push(type);
      freeDuring.push(producer.freeBytes());
    };
    expect(consumer.poll(note, 3)).toBe(3);
    expect(freeDuring).toEqual([before, before, before]);
    expect(producer.freeBytes()).toBe(before + 3 * 16);
    expect(consumer.poll(note, 3)).toBe(1);
    expect(types).toEqual([0, 1, 2, 3]);
    expect(producer.freeBytes()).toBe(CAPACITY);
  });

  test("answers -1 when full, and takes messages again after a poll", () => {
    const { producer, consumer } = ringPair();
    let claimed = 0;
    while (producer.claim(1, 56) !== -1) claimed++;
    expect(claimed).toBe(CAPACITY / 64);
    expect(producer.freeBytes()).toBe(0);
    producer.publish();
    expect(producer.claim(1, 0)).toBe(-1);
    consumer.poll(() => undefined, 1);
    expect(producer.claim(1, 56)).not.toBe(-1);
    expect(producer.claim(1, 0)).toBe(-1);
  });

  test("refuses a message above its share, a negative type, and memory that is no ring", () => {
    const { producer } = ringPair();
    expect(producer.claim(1, ringPayloadBytesMax(CAPACITY))).toBeGreaterThan(0);
    expect(() => producer.claim(1, ringPayloadBytesMax(CAPACITY) + 1)).toThrow(/share/);
    expect(() => producer.claim(-1, 0)).toThrow(/negative/);
    expect(() => allocateRing(1000)).toThrow(/power of two/);
    expect(() => new RingConsumer(new SharedArrayBuffer(1000))).toThrow(/not a ring/);
  });

  test("has consumed a message whose handler threw, and goes on with the next", () => {
    const { producer, consumer } = ringPair();
    for (let type = 0; type < 3; type++) producer.claim(type, 8);
    producer.publish();
    const seen: number[] = [];
    const handler = (type: number): void => {
      seen.push(type);
      if (type === 1) throw new Error("broken handler");
    };
    expect(() => consumer.poll(handler, 10)).toThrow("broken handler");
    expect(consumer.poll(handler, 10)).toBe(1);
    expect(seen).toEqual([0, 1, 2]);
    expect(producer.freeBytes()).toBe(CAPACITY);
  });

  test("goes on when its ends are made anew over the same memory", () => {
    const { memory, producer, consumer } = ringPair();
    for (let type = 0; type < 3; type++) producer.claim(type, 8);
    producer.publish();
    consumer.poll(() => undefined, 1);
    const next = new RingProducer(memory);
    next.claim(3, 8);
    next.publish();
    const types: number[] = [];
    new RingConsumer(memory).poll((type) => types.push(type), 10);
    expect(types).toEqual([1, 2, 3]);
  });
});

/** Cursors start where the counters pass 2^31 and 2^32 soon, and at 0. */
const firstCursors = fc.constantFrom(0, 2 ** 31 - 512, 2 ** 32 - 512, 2 ** 32 - 8);
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("claim" as const),
        bytes: fc.nat(ringPayloadBytesMax(CAPACITY)),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("publish" as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("poll" as const), max: fc.integer({ min: 1, max: 9 }) }),
    },
  ),
  { maxLength: 200 },
);

test("any sequence of claims, publishes and polls behaves like a queue with a bound", () => {
  fc.assert(
    fc.property(firstCursors, steps, (firstCursor, sequence) => {
      const { producer, consumer } = ringPair(firstCursor);
      const claimed: { id: number; bytes: number }[] = [];
      let visible = 0;
      let nextId = 0;
      for (const step of sequence) {
        if (step.kind === "claim") {
          const at = producer.claim(nextId, step.bytes);
          if (at === -1) {
            // A refusal is only right when the message, a wrap before it included, could not fit.
            expect(producer.freeBytes()).toBeLessThan(2 * (step.bytes + 16));
            continue;
          }
          expect(at % 8).toBe(0);
          producer.u8.fill(nextId & 0xff, at, at + step.bytes);
          claimed.push({ id: nextId++, bytes: step.bytes });
        } else if (step.kind === "publish") {
          producer.publish();
          visible = claimed.length;
        } else {
          const handled = consumer.poll((type, at, bytes) => {
            expect({ id: type, bytes }).toEqual(claimed.shift());
            for (let i = at; i < at + bytes; i++) expect(consumer.u8[i]).toBe(type & 0xff);
          }, step.max);
          expect(handled).toBe(Math.min(step.max, visible));
          visible -= handled;
          expect(consumer.isEmpty()).toBe(visible === 0);
        }
      }
    }),
    { seed: 20_260_725, numRuns: 300 },
  );
});

describe("a doorbell", () => {
  test("is not armed while messages wait", () => {
    const { producer, consumer } = ringPair();
    producer.claim(1, 0);
    producer.publish();
    expect(consumer.armDoorbell()).toBeNull();
    expect(consumer.i32[SLEEPING_WORD]).toBe(0);
  });

  test("wakes a consumer that slept, and may be armed again", async () => {
    const { producer, consumer } = ringPair();
    for (let round = 0; round < 3; round++) {
      const doorbell = consumer.armDoorbell();
      expect(doorbell).not.toBeNull();
      producer.claim(round, 0);
      producer.publish();
      await doorbell;
      expect(consumer.poll(() => undefined, 10)).toBe(1);
    }
  });

  test("is one wait, however often it is armed", async () => {
    const { producer, consumer } = ringPair();
    const first = consumer.armDoorbell();
    for (let i = 0; i < 100; i++) expect(consumer.armDoorbell()).toBe(first);
    producer.claim(1, 0);
    producer.publish();
    expect(Atomics.notify(consumer.i32, SLEEPING_WORD)).toBe(0);
    await first;
  });

  test("costs the producer of a consumer that is awake no notification", () => {
    const { producer, consumer } = ringPair();
    producer.claim(1, 0);
    producer.publish();
    expect(consumer.i32[SLEEPING_WORD]).toBe(0);
    expect(consumer.i32[TAIL_WORD]).toBe(8);
    consumer.poll(() => undefined, 1);
    expect(consumer.i32[HEAD_WORD]).toBe(8);
  });

  test("that blocks does not sleep while messages wait, and gives up after its time with the flag down", () => {
    const { producer, consumer } = ringPair();
    consumer.blockUntilRung(20);
    expect(consumer.i32[SLEEPING_WORD]).toBe(0);
    producer.claim(1, 0);
    producer.publish();
    consumer.blockUntilRung(Number.POSITIVE_INFINITY);
    expect(consumer.poll(() => undefined, 10)).toBe(1);
  });
});
