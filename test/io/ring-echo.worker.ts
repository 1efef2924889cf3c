import { assert } from "../../src/base/assert.ts";
import { RingConsumer, RingProducer } from "../../src/io/ring.ts";
import { messageBytes } from "../../src/io/ring-layout.ts";

const MESSAGES_PER_TURN = 3;

/**
 * Sends back every message as it came, in bounded turns, sleeping on the doorbell whenever the ring is empty (with
 * `isBlocking` by blocking in it); posts the number of its sleeps when `stopType` came. While the way back is full it yields to the event loop.
 */
declare const self: Worker;

self.onmessage = async ({
  data,
}: MessageEvent<{
  there: SharedArrayBuffer;
  back: SharedArrayBuffer;
  stopType: number;
  isBlocking: boolean;
}>) => {
  const consumer = new RingConsumer(data.there);
  const producer = new RingProducer(data.back);
  let stopped = false;
  let sleeps = 0;
  const echo = (type: number, at: number, bytes: number): void => {
    stopped ||= type === data.stopType;
    const to = producer.claim(type, bytes);
    assert(to !== -1, "the room was checked before the poll");
    producer.u8.set(consumer.u8.subarray(at, at + bytes), to);
  };
  // So many messages of the largest size, and one more for the padding at a wrap, find room for sure.
  const turnBytesMax = (MESSAGES_PER_TURN + 1) * messageBytes(producer.payloadBytesMax);
  while (!stopped) {
    if (producer.freeBytes() < turnBytesMax) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (consumer.poll(echo, MESSAGES_PER_TURN) > 0) {
      producer.publish();
      continue;
    }
    if (data.isBlocking) {
      sleeps++;
      // Far longer than a test may take: a lost doorbell fails it.
      consumer.blockUntilRung(600_000);
      continue;
    }
    const doorbell = consumer.armDoorbell();
    if (doorbell === null) continue;
    sleeps++;
    await doorbell;
  }
  self.postMessage({ sleeps });
};
