/**
 * The ring between threads against `postMessage`: messages a second, and the round trip between two threads that
 * sleep. Run alone: `bun bench/ring.bench.ts`.
 */
import { allocateRing, RingConsumer, RingProducer } from "../src/io/ring.ts";
import type { RingBenchStart } from "./ring.worker.ts";

const RING_BYTES = 1 << 20;
const PAYLOAD_BYTES = 32;
const BATCH_MESSAGES = 64;
const ROUNDS = 5;
const RING_MESSAGES = 10_000_000;
const POSTED_MESSAGES = 500_000;
const ROUND_TRIPS = 20_000;

interface Peer {
  readonly worker: Worker;
  readonly producer: RingProducer;
  readonly consumer: RingConsumer;
}

async function startPeer(mode: RingBenchStart["mode"], messages: number): Promise<Peer> {
  const there = allocateRing(RING_BYTES);
  const back = allocateRing(RING_BYTES);
  const worker = new Worker(new URL("./ring.worker.ts", import.meta.url));
  const ready = new Promise((resolve) => {
    worker.onmessage = resolve;
  });
  const start: RingBenchStart = { there, back, mode, messages };
  worker.postMessage(start);
  await ready;
  return { worker, producer: new RingProducer(there), consumer: new RingConsumer(back) };
}

async function ringThroughput(): Promise<number> {
  const { worker, producer, consumer } = await startPeer("count", RING_MESSAGES);
  const started = performance.now();
  let sent = 0;
  while (sent < RING_MESSAGES) {
    for (let i = 0; i < BATCH_MESSAGES && sent < RING_MESSAGES; i++) {
      const at = producer.claim(1, PAYLOAD_BYTES);
      if (at === -1) break;
      producer.i32[at >> 2] = sent;
      producer.f64[(at + 8) >> 3] = sent;
      sent++;
    }
    producer.publish();
  }
  while (consumer.poll(() => undefined, 1) === 0) await consumer.armDoorbell();
  const seconds = (performance.now() - started) / 1000;
  worker.terminate();
  return RING_MESSAGES / seconds;
}

async function postThroughput(): Promise<number> {
  const { worker } = await startPeer("count", POSTED_MESSAGES);
  const started = performance.now();
  const finished = new Promise((resolve) => {
    worker.onmessage = resolve;
  });
  for (let i = 0; i < POSTED_MESSAGES; i++) worker.postMessage({ request: i, offset: i });
  await finished;
  const seconds = (performance.now() - started) / 1000;
  worker.terminate();
  return POSTED_MESSAGES / seconds;
}

async function ringRoundTrips(): Promise<Float64Array> {
  const { worker, producer, consumer } = await startPeer("echo", ROUND_TRIPS);
  const microseconds = new Float64Array(ROUND_TRIPS);
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const started = performance.now();
    producer.claim(1, PAYLOAD_BYTES);
    producer.publish();
    while (consumer.poll(() => undefined, 1) === 0) await consumer.armDoorbell();
    microseconds[trip] = (performance.now() - started) * 1000;
  }
  worker.terminate();
  return microseconds.sort();
}

async function postRoundTrips(): Promise<Float64Array> {
  const { worker } = await startPeer("echo", ROUND_TRIPS);
  const microseconds = new Float64Array(ROUND_TRIPS);
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const started = performance.now();
    await new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage({ request: trip, offset: trip });
    });
    microseconds[trip] = (performance.now() - started) * 1000;
  }
  worker.terminate();
  return microseconds.sort();
}

const quantile = (sorted: Float64Array, share: number): number => sorted[Math.floor(sorted.length * share)]!;
const median = (values: number[]): number => quantile(Float64Array.from(values).sort(), 0.5);
const range = (values: number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;

const figures = { ring: [] as number[], post: [] as number[] };
const trips = {
  ringP50: [] as number[],
  ringP99: [] as number[],
  postP50: [] as number[],
  postP99: [] as number[],
};
for (let round = 0; round < ROUNDS; round++) {
  figures.ring.push((await ringThroughput()) / 1e6);
  figures.post.push((await postThroughput()) / 1e6);
  const ring = await ringRoundTrips();
  const post = await postRoundTrips();
  trips.ringP50.push(quantile(ring, 0.5));
  trips.ringP99.push(quantile(ring, 0.99));
  trips.postP50.push(quantile(post, 0.5));
  trips.postP99.push(quantile(post, 0.99));
}
console.log(`${ROUNDS} rounds, median (min–max); ${PAYLOAD_BYTES} B payloads, ${BATCH_MESSAGES} a publish`);
console.log(`ring         ${range(figures.ring, 1)} M messages/s`);
console.log(`postMessage  ${range(figures.post, 2)} M messages/s`);
console.log(`ring         round trip p50 ${range(trips.ringP50, 0)} µs, p99 ${range(trips.ringP99, 0)} µs`);
console.log(`postMessage  round trip p50 ${range(trips.postP50, 0)} µs, p99 ${range(trips.postP99, 0)} µs`);
