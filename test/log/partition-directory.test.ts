import { describe, expect, test } from "vitest";
import {
  beginPartitionDeletion,
  finishPartitionDeletion,
  isPartitionDeletion,
} from "../../src/log/partition-deletion.ts";
import { PartitionLog } from "../../src/log/partition-log.ts";
import type { SimulatedFiles } from "../support/simulated-files.ts";
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

const CRASHES_PER_CALL = 12;

/** Runs `action`, and hands over what power losses at each of its calls to the disk, and after it, would leave. */
function atEveryCall(
  disk: SimulatedFiles,
  action: () => void,
  check: (survivor: SimulatedFiles, isAfter: boolean) => void,
) {
  const survivors: SimulatedFiles[] = [];
  let calls = 0;
  const strike = () => {
    calls++;
    for (let seed = 0; seed < CRASHES_PER_CALL; seed++) survivors.push(disk.crashed(calls * 1000 + seed));
  };
  disk.onChange = strike;
  action();
  disk.onChange = null;
  for (const survivor of survivors) check(survivor, false);
  for (let seed = 0; seed < CRASHES_PER_CALL; seed++) check(disk.crashed(seed), true);
  return calls;
}

function openedOrThrow(disk: SimulatedFiles, options = {}): PartitionLog {
  const opened = PartitionLog.open(environmentOn(disk), opening({}, options));
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

describe("a partition's directory", () => {
  test("its creation survives a power loss at any call, and at any call of the second attempt", () => {
    const disk = emptyDisk();
    const calls = atEveryCall(
      disk,
      () => openLog(environmentOn(disk)),
      (survivor, isAfter) => {
        // As long as the creation is not done, a checkpoint of an older topic of the same name does not matter.
        const isDone = survivor.exists(`${DIRECTORY}/partition.metadata`);
        if (isAfter) expect(isDone).toBe(true);
        const again = { recoveryPoint: isDone ? null : 500 };
        atEveryCall(
          survivor,
          () => expect(openedOrThrow(survivor, again).fields.endOffset).toBe(0),
          (second) => expect(append(openedOrThrow(second), batchOf(1))).toBe(0),
        );
      },
    );
    expect(calls).toBeGreaterThan(8);
  });

  test("its deletion survives a power loss at any call: before it everything is there, after it nothing", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 500 }));
    for (let count = 0; count < 4; count++) append(log, batchOf(1, 400));
    sync(disk, log);
    log.abandon();
    let renamed = "";
    atEveryCall(
      disk,
      () => {
        const begun = beginPartitionDeletion(disk, DIRECTORY);
        if (!begun.ok) throw new Error(begun.error.message);
        renamed = begun.value;
      },
      (survivor, isAfter) => {
        if (isAfter) expect(survivor.exists(DIRECTORY)).toBe(false);
        const names = survivor.list("/data");
        expect(names.length).toBe(1);
        if (isPartitionDeletion(names[0]!)) return;
        const reopened = openedOrThrow(survivor, { recoveryPoint: 4 });
        expect(reopened.fields.endOffset).toBe(4);
      },
    );
    expect(renamed).toMatch(/^\/data\/orders-0\.[0-9a-f]{32}-delete$/);
    atEveryCall(
      disk,
      () => expect(finishPartitionDeletion(disk, renamed).ok).toBe(true),
      (survivor, isAfter) => {
        for (const name of survivor.list("/data")) {
          expect(isPartitionDeletion(name)).toBe(true);
          expect(finishPartitionDeletion(survivor, `/data/${name}`).ok).toBe(true);
        }
        expect(survivor.list("/data")).toEqual([]);
        if (isAfter) expect(survivor.exists(renamed)).toBe(false);
      },
    );
  });

  test("a deletion that began before the crash is not an error, nor is one that is done", () => {
    const disk = emptyDisk();
    const begun = beginPartitionDeletion(disk, DIRECTORY);
    expect(begun.ok && finishPartitionDeletion(disk, begun.value).ok).toBe(true);
  });

  test("a name for deletion is never longer than 255 bytes", () => {
    const disk = emptyDisk();
    const directory = `/data/${"t".repeat(249)}-12`;
    disk.makeDirectory(directory);
    const begun = beginPartitionDeletion(disk, directory);
    if (!begun.ok) throw new Error(begun.error.message);
    const name = begun.value.slice("/data/".length);
    expect(name.length).toBe(255);
    expect(isPartitionDeletion(name)).toBe(true);
    expect(isPartitionDeletion("orders-0")).toBe(false);
  });

  test("a directory that cannot be made is a failure with a reason", () => {
    const disk = emptyDisk();
    disk.inject({ call: "makeDirectory", nth: 1, code: "ENOSPC" });
    const opened = PartitionLog.open(environmentOn(disk), opening());
    expect(!opened.ok && opened.error.message).toContain(
      "makeDirectory of /data/orders-0 failed with ENOSPC",
    );
  });
});
