import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError, decodeMessage, encodeMessage } from "../../src/protocol/codec.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { validateRecordBatch } from "../../src/protocol/record-batch-validation.ts";
import { readRecords } from "../../src/protocol/records.ts";
import { messageArbitrary, schemasAndVersions } from "./message-arbitrary.ts";

/** In all; the long run sets it to millions. */
const ROUNDS = Number(process.env.ODRADEK_FUZZ_ROUNDS ?? 200_000);
const SEED = Number(process.env.ODRADEK_FUZZ_SEED ?? 77);
/** Half of them settle the heap, the others must not add to it. */
const PASSES = 10;
const RSS_GROWTH_BYTES_MAX = 32 * 1024 * 1024;

test(`${ROUNDS} damaged messages of every API and version decode or are a DecodeError`, {
  timeout: 3_600_000,
}, () => {
  const random = new Random(SEED);
  const targets = schemasAndVersions().map(({ schema, version }) => {
    const samples = fc.sample(messageArbitrary(schema, version), { seed: SEED, numRuns: 20 });
    const valid = samples.map((value) => encodeMessage(schema, version, value)[0] as Uint8Array);
    return { schema, version, valid };
  });
  const roundsEach = Math.ceil(ROUNDS / PASSES / targets.length);
  let refused = 0;
  const pass = () => {
    for (const { schema, version, valid } of targets) {
      for (let round = 0; round < roundsEach; round++) {
        const bytes = damage(valid[random.below(valid.length)]!, random);
        try {
          decodeMessage(schema, version, bytes, 0);
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
          refused++;
        }
      }
    }
    Bun.gc(true);
    return process.memoryUsage.rss();
  };
  const rss = Array.from({ length: PASSES }, pass);
  expect(refused).toBeGreaterThan(ROUNDS / 20);
  expect(rss[PASSES - 1]! - rss[PASSES / 2]!).toBeLessThan(RSS_GROWTH_BYTES_MAX);
});

test("damaged record batches are refused or read, and nothing else happens", () => {
  const random = new Random(SEED);
  const records = [0, 1, 2, 3].map((index) => ({
    key: new Uint8Array([index]),
    value: new Uint8Array(50).fill(index),
    headers: [{ key: "h", value: null }],
    timestamp: 1_700_000_000_000 + index,
  }));
  for (const codec of [0, 1, 2, 3, 4] as const) {
    const batch = encodeRecordBatch({ records, codec });
    for (let round = 0; round < 2_000; round++) {
      const bytes = damage(batch, random);
      validateRecordBatch(bytes, 0, bytes.length);
      // A correct CRC lets the damage through to decompression and the records.
      if (bytes.length >= 61) {
        recordBatch.setLength(bytes, 0, bytes.length);
        recordBatch.setCrc(bytes, 0, recordBatch.computeCrc(bytes, 0));
      }
      try {
        for (const record of readRecords(bytes, 0, 100_000)) expect(record.headers).toBeInstanceOf(Array);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
  }
});

/** A copy with one to four bytes changed, removed, doubled, or all of it replaced. */
function damage(valid: Uint8Array, random: Random): Uint8Array {
  if (random.below(10) === 0) return random.bytes(random.below(200));
  let bytes = valid.slice();
  for (let times = 1 + random.below(4); times > 0 && bytes.length > 0; times--) {
    const at = random.below(bytes.length);
    switch (random.below(4)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes[at] = [0, 0x7f, 0x80, 0xff][random.below(4)]!;
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      default:
        bytes.copyWithin(at, random.below(bytes.length));
    }
  }
  return bytes;
}

/** mulberry32: the same bytes for the same seed. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
