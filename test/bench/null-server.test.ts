import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { batchOf } from "../../bench/load/batches.ts";
import { recordsIn } from "../../bench/load/bench-topic.ts";
import { FrameCounter } from "../../bench/load/frame-counter.ts";
import { type NullServer, serveNull } from "../../bench/load/null-server.ts";
import { ProduceAnswers, ProduceFrames } from "../../bench/load/produce-frames.ts";
import { WireClient } from "../support/wire-client.ts";

let server: NullServer;
beforeAll(() => {
  server = serveNull();
});
afterAll(() => server.stop());

test("kafkajs produces to it, again and again", async () => {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${server.port}`], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  for (let index = 0; index < 3; index++) {
    const [answer] = await producer.send({ topic: "any", messages: [{ value: "hello" }] });
    expect(answer).toMatchObject({ topicName: "any", errorCode: 0 });
  }
  await producer.disconnect();
});

test("acknowledges a batch for the partition that it was for, with the request's correlation id", async () => {
  const client = await WireClient.connect(server.port);
  const batch = batchOf(64 * 1024);
  for (const partition of [0, 3, 0, 3, 5]) {
    const answer = await client.produce({ topic: "any", partition, batch });
    expect(answer).toMatchObject({ index: partition, errorCode: 0 });
  }
  expect(await client.produce({ topic: "other", partition: 1, batch })).toMatchObject({ index: 1 });
  client.close();
});

test("a fetch brings whole batches, as many as it may hold and at least one", async () => {
  const client = await WireClient.connect(server.port);
  const batch = batchOf(64 * 1024);
  const many = await client.fetch({ topic: "any", offset: 77, bytesMax: 1 << 20 });
  expect(many.records?.byteLength).toBe(Math.floor((1 << 20) / batch.byteLength) * batch.byteLength);
  const one = await client.fetch({ topic: "any", offset: 0, bytesMax: 10 });
  expect(recordsIn(one.records!)).toBe(recordsIn(batch));
  client.close();
});

test("what it does not serve ends the connection", async () => {
  const client = await WireClient.connect(server.port);
  const createTopics = Uint8Array.of(0, 0, 0, 10, 0, 19, 0, 5, 0, 0, 0, 1, 0, 0);
  client.sendRaw(createTopics);
  await client.closed;
});

test("the load's frames are answered one by one, however the stream is cut", async () => {
  const frames = new ProduceFrames({ topic: "cut", partitions: 3, acks: 1, batch: batchOf(4096) });
  expect(frames.bytes.byteLength).toBe(frames.count * frames.frameBytes);
  const answers = new ProduceAnswers("cut");
  let answered = 0;
  const finished = Promise.withResolvers<void>();
  const counter = new FrameCounter((bytes, at, length) => {
    answers.check(bytes, at, length);
    if (++answered === frames.count) finished.resolve();
  });
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data: (_, chunk) => counter.push(chunk), error: (_, error) => finished.reject(error) },
  });
  socket.setNoDelay(true);
  let at = 0;
  for (let step = 1; at < frames.bytes.byteLength; step = (step * 7) % 50_021) {
    const taken = Math.max(0, socket.write(frames.bytes, at, Math.min(step, frames.bytes.byteLength - at)));
    at += taken;
    if (taken === 0 || step < 20) await Bun.sleep(1);
  }
  await finished.promise;
  expect(answered).toBe(frames.count);
  socket.terminate();
});
