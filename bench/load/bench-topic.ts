import { once } from "node:events";
import { connect } from "node:net";
import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { KnownApi, RequestInputOf, ResponseOf } from "../../src/protocol/messages.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";

/** Records in one batch. */
export function recordsIn(batch: Uint8Array): number {
  return recordBatch.recordsCount(batch, 0);
}

export async function createTopic(port: number, name: string, partitions: number): Promise<void> {
  const answer = await ask(port, ApiKey.CREATE_TOPICS, 5, {
    topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 30_000,
  });
  assert(answer.topics[0]!.errorCode === 0, "the bench's topic is created");
}

/** End offset of each partition. */
export async function endOffsets(port: number, name: string, partitions: number): Promise<number[]> {
  const answer = await ask(port, ApiKey.LIST_OFFSETS, 5, {
    replicaId: -1,
    topics: [
      {
        name,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: -1,
        })),
      },
    ],
  });
  return answer.topics[0]!.partitions.map(({ offset }) => offset);
}

/** One request on a connection of its own. */
async function ask<Key extends KnownApi>(
  port: number,
  apiKey: Key,
  version: number,
  request: RequestInputOf<Key>,
): Promise<ResponseOf<Key>> {
  const socket = connect(port, "127.0.0.1");
  const body = encodeRequest(apiKey, version, 1, "bench", request);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.byteLength);
  socket.write(Buffer.concat([size, body]));
  let received = Buffer.alloc(0);
  while (received.byteLength < 4 || received.byteLength < 4 + received.readInt32BE(0)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
  socket.destroy();
  return decodeResponse(apiKey, version, received.subarray(4)).value;
}
