import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeFrame,
  encodeJournal,
  encodeOperation,
  FRAME_BYTES_MAX,
  JOURNAL_VERSION,
  recoverJournal,
} from "../../src/cluster/metadata-journal.ts";
import type { MetadataOperation } from "../../src/cluster/metadata-operation.ts";

const id = (index: number) => String(index).padStart(22, "A");

const topic = (index: number, config: Record<string, string> = {}): MetadataOperation => ({
  type: "topic-created",
  name: `topic-${index}`,
  topicId: id(index),
  partitionCount: 1 + index,
  config,
  createdMs: 1_700_000_000_000 + index,
});

const snapshot: MetadataOperation[] = [
  { type: "cluster", clusterId: "a-cluster" },
  { type: "producer-ids-allocated", next: 5_000_000_000 },
  topic(0),
];

/** Frames of one, two and one operations behind the snapshot. */
const commits: MetadataOperation[][] = [
  [topic(1)],
  [
    { type: "topic-config-set", topicId: id(1), config: { "segment.bytes": "65536" } },
    { type: "topic-deletion-begun", topicId: id(0) },
  ],
  [{ type: "topic-deletion-finished", topicId: id(0) }],
];

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A journal, and where its frames begin and end. */
function build(): { bytes: Uint8Array; ends: number[] } {
  const { bytes, nextSequence } = encodeJournal(snapshot);
  const parts = [bytes];
  const ends = [bytes.byteLength];
  for (const [index, operations] of commits.entries()) {
    const frame = encodeFrame(nextSequence + index, operations.map(encodeOperation));
    parts.push(frame);
    ends.push(ends.at(-1)! + frame.byteLength);
  }
  return { bytes: concat(parts), ends };
}

const operationsUpTo = (commitCount: number) => [...snapshot, ...commits.slice(0, commitCount).flat()];

test("what was written is read back, with the place and number of the next frame", () => {
  const { bytes, ends } = build();
  expect(recoverJournal(bytes)).toEqual({
    ok: true,
    value: {
      operations: operationsUpTo(3),
      endBytes: ends[3],
      nextSequence: 4,
      tornBytes: 0,
      snapshotBytes: ends[0],
    },
  });
});

test("a snapshot larger than one frame is read back whole", () => {
  const operations = [
    snapshot[0]!,
    ...Array.from({ length: 12 }, (_, i) => topic(i, { note: "x".repeat(100_000) })),
  ];
  const { bytes, nextSequence } = encodeJournal(operations);
  expect(nextSequence).toBe(2);
  expect(recoverJournal(bytes)).toMatchObject({ ok: true, value: { operations, nextSequence: 2 } });
});

test("torn at every byte: whole commits before the tear are kept, the rest is torn, the snapshot is never given up", () => {
  const { bytes, ends } = build();
  for (let length = 0; length < bytes.byteLength; length++) {
    const recovered = recoverJournal(bytes.slice(0, length));
    if (length < ends[0]!) {
      expect(recovered).toMatchObject({ ok: false, error: { kind: "damaged" } });
      continue;
    }
    const wholeCommits = ends.filter((end) => end <= length).length - 1;
    expect(recovered).toMatchObject({
      ok: true,
      value: {
        operations: operationsUpTo(wholeCommits),
        endBytes: ends[wholeCommits],
        tornBytes: length - ends[wholeCommits]!,
      },
    });
  }
});

test("a last frame with missing sectors, at full length, is torn", () => {
  const { bytes, ends } = build();
  for (let at = ends[2]!; at < bytes.byteLength; at++) {
    const torn = bytes.slice();
    torn.fill(0, at);
    if (Buffer.compare(torn, bytes) === 0) continue;
    expect(recoverJournal(torn)).toMatchObject({
      ok: true,
      value: { operations: operationsUpTo(2), endBytes: ends[2], tornBytes: bytes.byteLength - ends[2]! },
    });
  }
});

test("a flipped bit anywhere before the last frame is damage, not a torn tail", () => {
  const { bytes, ends } = build();
  for (let at = 0; at < ends[2]!; at++) {
    for (const bit of [0x01, 0x80]) {
      const flipped = bytes.slice();
      flipped[at]! ^= bit;
      expect(recoverJournal(flipped).ok).toBe(false);
    }
  }
});

test("a flipped bit in the snapshot is damage even when nothing follows it", () => {
  const { bytes } = encodeJournal(snapshot);
  for (let at = 0; at < bytes.byteLength; at++) {
    const flipped = bytes.slice();
    flipped[at]! ^= 0x10;
    expect(recoverJournal(flipped).ok).toBe(false);
  }
});

test("a frame that is missing between two others is damage", () => {
  const { bytes, ends } = build();
  const withoutSecond = concat([bytes.subarray(0, ends[1]), bytes.subarray(ends[2])]);
  expect(recoverJournal(withoutSecond)).toMatchObject({
    ok: false,
    error: { kind: "damaged", message: `misses a record before byte ${ends[1]}` },
  });
});

test("more bad bytes than one frame can have are damage", () => {
  const { bytes } = build();
  const zeros = new Uint8Array(FRAME_BYTES_MAX + 1);
  expect(recoverJournal(concat([bytes, zeros.subarray(1)])).ok).toBe(true);
  expect(recoverJournal(concat([bytes, zeros])).ok).toBe(false);
});

test("a newer version is said to be one, whatever its header looks like behind the number", () => {
  const { bytes } = build();
  new DataView(bytes.buffer).setUint32(8, JOURNAL_VERSION + 1);
  expect(recoverJournal(bytes)).toMatchObject({ ok: false, error: { kind: "newer-version" } });
});

test("a valid frame with a record of an unknown kind is refused", () => {
  const { bytes, nextSequence } = encodeJournal(snapshot);
  const unknown = { type: "topic-renamed" } as unknown as MetadataOperation;
  const frame = encodeFrame(nextSequence, [encodeOperation(unknown)]);
  expect(recoverJournal(concat([bytes, frame]))).toMatchObject({
    ok: false,
    error: { message: `holds a record of an unknown kind at byte ${bytes.byteLength}` },
  });
});

test("random bytes never throw and never become operations", () => {
  const { bytes, ends } = build();
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
    expect(recoverJournal(noise).ok).toBe(false);
    const recovered = recoverJournal(concat([bytes, noise]));
    if (recovered.ok)
      expect(recovered.value).toMatchObject({ endBytes: ends[3], tornBytes: noise.byteLength });
  });
  fc.assert(property, { seed: 7, numRuns: 500 });
});
