import { PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { fieldsFor } from "./partition-state-fields.ts";

/** Publishes one set of fields after the other, as fast as it can, until the stop word is set. */
declare const self: Worker;

self.onmessage = ({
  data,
}: MessageEvent<{ memory: SharedArrayBuffer; blockAt: number; stop: SharedArrayBuffer }>) => {
  const state = new PartitionState(data.memory, data.blockAt);
  const stop = new Int32Array(data.stop);
  let published = 0;
  while (Atomics.load(stop, 0) === 0) {
    for (let i = 0; i < 100; i++)
      state.publish({ ...fieldsFor(++published), status: PARTITION_STATUS.ONLINE });
  }
  self.postMessage({ published });
};
