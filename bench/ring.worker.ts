import { RingConsumer, RingProducer } from "../src/io/ring.ts";

/** The other side of ring.bench.ts: counts messages, or sends each back, by ring and by `postMessage`. */
declare const self: Worker;

const MESSAGES_PER_TURN = 4096;

export interface RingBenchStart {
  readonly there: SharedArrayBuffer;
  readonly back: SharedArrayBuffer;
  /** `count`: answer once, after this many messages. `echo`: answer every one. */
  readonly mode: "count" | "echo";
  readonly messages: number;
}

self.onmessage = (event: MessageEvent<RingBenchStart>) => {
  const { there, back, mode, messages } = event.data;
  // From here on messages by postMessage belong to the comparison.
  let posted = 0;
  self.onmessage = ({ data }) => {
    posted++;
    if (mode === "echo" || posted === messages) self.postMessage(data);
  };
  self.postMessage("ready");
  void serveRing(new RingConsumer(there), new RingProducer(back), mode, messages);
};

async function serveRing(
  consumer: RingConsumer,
  producer: RingProducer,
  mode: "count" | "echo",
  messages: number,
): Promise<void> {
  let handled = 0;
  const answer = (): void => {
    producer.claim(1, 16);
    producer.publish();
  };
  const handle = (): void => {
    handled++;
    if (mode === "echo" || handled === messages) answer();
  };
  while (handled < messages) {
    if (consumer.poll(handle, MESSAGES_PER_TURN) > 0) continue;
    const doorbell = consumer.armDoorbell();
    if (doorbell !== null) await doorbell;
  }
}
