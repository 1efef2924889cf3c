import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileSpan, type ResponsePart } from "../../src/base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import type { Response } from "../../src/net/dispatch.ts";
import { ResponseQueue } from "../../src/net/response-queue.ts";
import { answer, frame, patternBytes } from "./support.ts";

describe("ResponseQueue", () => {
  test("gives the bytes in request order, whatever settles first and however little is taken", () => {
    const part = fc.record({
      isSpan: fc.boolean(),
      length: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })),
    });
    const exchange = fc.record({
      parts: fc.option(fc.array(part, { maxLength: 4 }), { nil: null }),
      settleOrder: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(exchange, { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }),
        (exchanges, takes) => {
          const released: number[] = [];
          const responses = exchanges.map(({ parts }, index): Response | null => {
            if (parts === null) return null;
            return { parts: parts.map(makePart), release: () => released.push(index) };
          });
          const queue = new ResponseQueue();
          const places = responses.map((_, index) => queue.expect(index));
          const order = exchanges.map((_, index) => index);
          order.sort((a, b) => exchanges[a]!.settleOrder - exchanges[b]!.settleOrder);

          const wire = new Wire(queue, takes);
          for (const index of order) {
            queue.settle(places[index]!, responses[index]!);
            wire.drain();
          }
          expect(Buffer.compare(wire.bytes(), expectedBytes(responses))).toBe(0);
          expect(released).toEqual(
            order.toSorted((a, b) => a - b).filter((index) => responses[index] !== null),
          );
          expect([queue.length, queue.requestBytes, queue.memoryBytes]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 300, seed: 7_771 },
    );
  });

  test("abandon() releases each unsent response once, the half-sent one included, and all of them if one throws", () => {
    const released: string[] = [];
    const queue = new ResponseQueue();
    const respond = (name: string, release: () => void): void => {
      queue.settle(queue.expect(1), {
        parts: [patternBytes(10, 1)],
        release: () => {
          released.push(name);
          release();
        },
      });
    };
    respond("sent", () => undefined);
    respond("half-sent", () => {
      throw new Error("bug");
    });
    respond("unsent", () => undefined);
    queue.expect(1);
    queue.advance(20);
    expect(released).toEqual(["sent"]);
    expect(() => queue.abandon()).toThrow("bug");
    queue.abandon();
    expect(released).toEqual(["sent", "half-sent", "unsent"]);
    expect(queue.length).toBe(0);
  });

  test("says whether a file span follows what it gathered", () => {
    const queue = new ResponseQueue();
    const into = new Uint8Array(64);
    const [empty, full] = [0, 100].map((length) => makePart({ isSpan: true, length }));
    queue.settle(queue.expect(1), answer(patternBytes(10, 1), empty!));
    queue.settle(queue.expect(1), answer(patternBytes(10, 1), full!));
    expect(queue.gather(into)).toBe(28);
    expect(queue.spanFollows).toBe(true);
    expect(queue.gather(into.subarray(0, 20))).toBe(20);
    expect(queue.spanFollows).toBe(false);
  });

  test("counts only the memory of a response, not its file spans", () => {
    const queue = new ResponseQueue();
    queue.settle(queue.expect(1), answer(patternBytes(10, 1), makePart({ isSpan: true, length: 1_000_000 })));
    expect(queue.memoryBytes).toBe(10);
  });
});

/** Takes ready bytes off the queue as a socket would: a few at a time. */
class Wire {
  readonly #queue: ResponseQueue;
  readonly #takes: readonly number[];
  readonly #taken: Uint8Array[] = [];
  readonly #scratch = new Uint8Array(64);
  #turn = 0;

  constructor(queue: ResponseQueue, takes: readonly number[]) {
    this.#queue = queue;
    this.#takes = takes;
  }

  drain(): void {
    for (;;) {
      this.#queue.advance(0);
      if (!this.#queue.isReady) return;
      const most = this.#takes[this.#turn++ % this.#takes.length]!;
      const place = this.#queue.span();
      const ready =
        place === null
          ? this.#scratch.slice(0, this.#queue.gather(this.#scratch))
          : spanBytes(place.span).subarray(place.offset);
      const taken = ready.subarray(0, Math.min(most, ready.byteLength));
      this.#taken.push(taken);
      this.#queue.advance(taken.byteLength);
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#taken);
  }
}

function makePart({ isSpan, length }: { isSpan: boolean; length: number }): ResponsePart {
  return isSpan
    ? new FileSpan(3 as FileDescriptor, length as FilePosition, length)
    : patternBytes(length, length);
}

function spanBytes(span: FileSpan): Uint8Array {
  return patternBytes(span.length, span.position + 1000);
}

function expectedBytes(responses: readonly (Response | null)[]): Buffer {
  const frames = responses
    .filter((response) => response !== null)
    .map(({ parts }) =>
      frame(Buffer.concat(parts.map((part) => (part instanceof FileSpan ? spanBytes(part) : part)))),
    );
  return Buffer.concat(frames);
}
