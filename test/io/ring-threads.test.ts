import { afterEach, describe, expect, test } from "vitest";
import { allocateRing, RingConsumer, RingProducer } from "../../src/io/ring.ts";
import { seededRandom } from "./random.ts";

const CAPACITY = 4096;
const STOP = 1_000_000_000;
const ECHO_WORKER = new URL("./ring-echo.worker.ts", import.meta.url).href;

const workers: Worker[] = [];
afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

interface Echo {
  producer: RingProducer;
  consumer: RingConsumer;
  /** Resolves when the worker has seen STOP, to the number of its sleeps. */
  stopped: Promise<{ sleeps: number }>;
}

function startEcho(firstCursor: number, isBlocking: boolean): Echo {
  const there = allocateRing(CAPACITY, firstCursor);
  const back = allocateRing(CAPACITY, firstCursor);
  const worker = new Worker(ECHO_WORKER);
  workers.push(worker);
  const stopped = new Promise<{ sleeps: number }>((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage({ there, back, stopType: STOP, isBlocking });
  return { producer: new RingProducer(there), consumer: new RingConsumer(back), stopped };
}

/** Fills and checks payloads from one seed on both sides of the trip. */
function payloadByte(message: number, index: number): number {
  return (message * 31 + index * 7) & 0xff;
}

async function exchange(echo: Echo, messages: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { producer, consumer } = echo;
  const lengths: number[] = [];
  let sent = 0;
  let received = 0;
  let pendingLength = -1;

  const receive = (type: number, at: number, bytes: number): void => {
    if (type !== received || bytes !== lengths[received])
      throw new Error(`message ${type} came as number ${received}`);
    for (let i = 0; i < bytes; i++) {
      if (consumer.u8[at + i] !== payloadByte(type, i)) throw new Error(`message ${type} is damaged at ${i}`);
    }
    received++;
  };
  const sendOne = (): boolean => {
    if (pendingLength < 0)
      pendingLength = random(4) === 0 ? random(producer.payloadBytesMax + 1) : random(40);
    const at = producer.claim(sent, pendingLength);
    if (at === -1) return false;
    for (let i = 0; i < pendingLength; i++) producer.u8[at + i] = payloadByte(sent, i);
    lengths.push(pendingLength);
    pendingLength = -1;
    sent++;
    return true;
  };

  while (received < messages) {
    let burst = 1 + random(60);
    while (burst-- > 0 && sent < messages && sendOne());
    producer.publish();
    // Sometimes leave both sides to fall asleep with messages under way, sometimes go on at once.
    if (random(3) === 0 || sent === messages || producer.freeBytes() < CAPACITY / 4) {
      const doorbell = consumer.armDoorbell();
      if (doorbell !== null && received < sent) await doorbell;
    }
    consumer.poll(receive, 1 + random(100));
  }
}

describe("two threads over a pair of rings", () => {
  test.each([
    { seed: 1, firstCursor: 0, isBlocking: false },
    { seed: 2, firstCursor: 2 ** 31 - 65_536, isBlocking: false },
    { seed: 3, firstCursor: 2 ** 32 - 65_536, isBlocking: false },
    { seed: 4, firstCursor: 0, isBlocking: true },
    { seed: 5, firstCursor: 2 ** 32 - 65_536, isBlocking: true },
  ])(
    "exchange random messages whole and in order through full, empty and wrapping rings (seed $seed, blocking $isBlocking)",
    async ({ seed, firstCursor, isBlocking }) => {
      const echo = startEcho(firstCursor, isBlocking);
      await exchange(echo, 30_000, seed);
      echo.producer.claim(STOP, 0);
      echo.producer.publish();
      await echo.stopped;
    },
  );

  test.each([
    { sleep: "on its event loop", isBlocking: false },
    { sleep: "blocked", isBlocking: true },
  ])(
    "never lose a doorbell: each of 20,000 messages finds the other side asleep $sleep or falling asleep",
    async ({ isBlocking }) => {
      const { producer, consumer, stopped } = startEcho(0, isBlocking);
      for (let message = 0; message < 20_000; message++) {
        producer.claim(message, 0);
        producer.publish();
        let answered = 0;
        while (answered === 0) {
          const doorbell = consumer.armDoorbell();
          if (doorbell !== null) await doorbell;
          answered = consumer.poll((type) => expect(type).toBe(message), 1);
        }
      }
      producer.claim(STOP, 0);
      producer.publish();
      expect((await stopped).sleeps).toBeGreaterThan(1000);
    },
  );
});
