import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import { type Dispatch, UNLIMITED_LEASE } from "../../src/net/dispatch.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ApiHarness, collect } from "../support/api-harness.ts";
import { batchOf, batchOfBytes } from "../support/batches.ts";
import { FrameCutter } from "../support/frame-cutter.ts";
import { settled } from "../support/settled.ts";
import { WireClient } from "../support/wire-client.ts";

/** A server of the plainest kind over the fakes: one answer after the other, in chunks of `chunkBytes`. */
function serve(api: ApiHarness, dispatch: Dispatch = api.dispatch, chunkBytes = 1 << 20): number {
  const server = Bun.listen<{ cutter: FrameCutter }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        let turn: Promise<void> = Promise.resolve();
        const cutter = new FrameCutter((frame) => {
          turn = turn.then(async () => {
            const response = await settled(dispatch(api.peer, frame, UNLIMITED_LEASE));
            if (response === null) return;
            const bytes = collect(response.parts);
            response.release?.();
            const prefix = Buffer.alloc(4);
            prefix.writeInt32BE(bytes.byteLength);
            const all = Buffer.concat([prefix, bytes]);
            for (let at = 0; at < all.byteLength; ) {
              const taken = socket.write(all.subarray(at, at + chunkBytes));
              at += taken;
              if (taken === 0) await new Promise((resolve) => setImmediate(resolve));
            }
          });
          turn = turn.catch((error: Error) => {
            silentLogger.info("closed", error.message);
            socket.terminate();
          });
        });
        socket.data = { cutter };
      },
      data: (socket, chunk) => socket.data.cutter.push(chunk),
    },
  });
  onTestFinished(() => server.stop(true));
  return server.port;
}

async function connect(port: number): Promise<WireClient> {
  const client = await WireClient.connect(port);
  onTestFinished(() => client.close());
  return client;
}

test("produces and fetches raw batches over a real socket, whatever the size of its chunks", async () => {
  for (const chunkBytes of [1, 7, 1 << 20]) {
    const api = new ApiHarness();
    api.topics.add("orders");
    const client = await connect(serve(api, api.dispatch, chunkBytes));
    const batch = batchOfBytes(3000);
    expect(await client.produce({ topic: "orders", batch })).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const { errorCode, highWatermark, records } = await client.fetch({ topic: "orders", offset: 0 });
    expect([errorCode, highWatermark]).toEqual([ErrorCode.NONE, 1]);
    expect(Buffer.compare(records!.subarray(16), batch.subarray(16))).toBe(0);
  }
});

test("pipelines requests and matches their responses, larger than any socket buffer", async () => {
  const api = new ApiHarness();
  api.topics.add("orders");
  const client = await connect(serve(api));
  const batch = batchOfBytes(900_000);
  const sent = Array.from({ length: 30 }, () => client.produce({ topic: "orders", batch }));
  expect(client.inFlight).toBe(30);
  expect((await Promise.all(sent)).map(({ baseOffset }) => baseOffset)).toEqual([...Array(30).keys()]);
});

test("sends one encoded frame any number of times", async () => {
  const api = new ApiHarness();
  const topic = api.topics.add("orders");
  const client = await connect(serve(api));
  const frame = client.encode(ApiKey.PRODUCE, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: "orders", partitionData: [{ index: 0, records: batchOf(["a"]) }] }],
  });
  await Promise.all([client.exchange(frame), client.exchange(frame), client.exchange(frame)]);
  expect(topic.partitions[0]!.fields.endOffset).toBe(3);
});

test("shows a closed connection to everybody who waits", async () => {
  const client = await connect(serve(new ApiHarness()));
  const answered = client.request(ApiKey.METADATA, 9, { topics: null });
  const pending = client.produce({ topic: "nowhere", batch: batchOf(["a"]), acks: 0 });
  await answered;
  await expect(pending).rejects.toThrow("closed");
  await client.closed;
  expect(client.isClosed).toBe(true);
  await expect(client.request(ApiKey.METADATA, 9, { topics: null })).rejects.toThrow("closed");
});

test("does not take one response for another", async () => {
  const api = new ApiHarness();
  const swapped: Dispatch = async (peer, frame) => {
    const copy = frame.slice();
    copy[7] = copy[7]! ^ 1; // The correlation id's last byte.
    return await settled(api.dispatch(peer, copy, UNLIMITED_LEASE));
  };
  const client = await connect(serve(api, swapped));
  await expect(client.request(ApiKey.METADATA, 9, { topics: null })).rejects.toThrow("was due");
});
