import { recordBatch } from "../protocol/record-batch.ts";
import { sequenceAfter } from "./producer-entry.ts";
import type { ProducerStates } from "./producer-states.ts";

/** Lets the producers know of a batch that is in the log, by its header. Control batches have no sequence. */
export function replayBatch(producers: ProducerStates, header: Uint8Array, nowMs: number): void {
  const producerId = recordBatch.producerId(header, 0);
  const firstSequence = recordBatch.baseSequence(header, 0);
  if (producerId < 0 || firstSequence < 0 || recordBatch.isControl(header, 0)) return;
  producers.replay(
    producerId,
    recordBatch.producerEpoch(header, 0),
    firstSequence,
    sequenceAfter(firstSequence, recordBatch.lastOffsetDelta(header, 0)),
    recordBatch.baseOffset(header, 0),
    recordBatch.lastOffset(header, 0),
    recordBatch.maxTimestamp(header, 0),
    nowMs,
  );
}
