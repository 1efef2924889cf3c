import { describe, expect, test } from "vitest";
import type { Offset } from "../../src/base/units.ts";
import { LEADER_EPOCHS_MAX, LeaderEpochs } from "../../src/log/leader-epochs.ts";
import {
  append,
  batchOf,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  opening,
  openLog,
  sync,
} from "./log-harness.ts";

const at = (offset: number) => offset as Offset;

function epochsAt(...starts: readonly (readonly [number, number])[]): LeaderEpochs {
  const epochs = new LeaderEpochs();
  for (const [epoch, startOffset] of starts) epochs.assign(epoch, at(startOffset));
  return epochs;
}

describe("leader epochs", () => {
  test("an epoch ends where the next begins; the last at the log's end", () => {
    const epochs = epochsAt([2, 10], [3, 20], [6, 30]);
    expect(epochs.endOffset(2, at(40))).toEqual({ epoch: 2, endOffset: 20 });
    expect(epochs.endOffset(4, at(40))).toEqual({ epoch: 3, endOffset: 30 });
    expect(epochs.endOffset(6, at(40))).toEqual({ epoch: 6, endOffset: 40 });
    expect(epochs.endOffset(1, at(40))).toEqual({ epoch: 1, endOffset: 10 });
    expect(epochs.endOffset(7, at(40))).toEqual({ epoch: -1, endOffset: -1 });
    expect(epochs.endOffset(-1, at(40))).toEqual({ epoch: -1, endOffset: -1 });
  });

  test("an epoch without records gives its place to the next", () => {
    expect(epochsAt([0, 0], [1, 50], [2, 50]).entries).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 2, startOffset: 50 },
    ]);
  });

  test("follow the log's start and end", () => {
    const epochs = epochsAt([0, 0], [1, 50], [2, 80]);
    epochs.truncateFromStart(at(60));
    expect(epochs.entries[0]).toEqual({ epoch: 1, startOffset: 60 });
    epochs.truncateFromEnd(at(80));
    expect(epochs.latest).toBe(1);
  });

  test("are bounded", () => {
    const epochs = new LeaderEpochs();
    for (let epoch = 0; epoch < LEADER_EPOCHS_MAX + 5; epoch++) epochs.assign(epoch, at(epoch));
    expect(epochs.entries.length).toBe(LEADER_EPOCHS_MAX);
    expect(epochs.entries[0]!.epoch).toBe(5);
  });

  test("a log keeps its epoch over a clean stop and takes the next one after a crash", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(2));
    log.close();
    const again = openLog(environmentOn(disk), opening({}, { wasCleanShutdown: true }));
    expect(again.fields.leaderEpoch).toBe(0);
    append(again, batchOf(2));
    sync(disk, again);
    const recovered = openLog(environmentOn(disk.killed()));
    expect(recovered.fields.leaderEpoch).toBe(1);
    expect(recovered.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 4 });
    expect(recovered.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 4 });
  });

  test("are rebuilt from the batches if their file is gone or damaged", () => {
    const disk = emptyDisk();
    let current = disk;
    for (let epoch = 0; epoch < 4; epoch++) {
      const log = openLog(environmentOn(current), opening({ segmentBytes: 700 }));
      for (let count = 0; count < 3; count++) append(log, batchOf(1, 300));
      sync(current, log);
      current = current.killed();
    }
    const log = openLog(environmentOn(current), opening({ segmentBytes: 700 }));
    expect(log.close().ok).toBe(true);
    const starts = [0, 1, 2, 3].map((epoch) => log.endOffsetForEpoch(epoch));
    expect(starts.map(({ endOffset }) => endOffset)).toEqual([3, 6, 9, 12]);
    for (const damage of [null, new TextEncoder().encode("0\n9\n0 0\n")]) {
      const damaged = current.killed();
      if (damage === null) damaged.remove(`${DIRECTORY}/leader-epoch-checkpoint`);
      else damaged.plant(`${DIRECTORY}/leader-epoch-checkpoint`, damage);
      const reopened = openLog(
        environmentOn(damaged),
        opening({ segmentBytes: 700 }, { wasCleanShutdown: true }),
      );
      expect([0, 1, 2].map((epoch) => reopened.endOffsetForEpoch(epoch))).toEqual(starts.slice(0, 3));
      expect(reopened.fields.leaderEpoch).toBe(3);
    }
  });
});
