import { describe, expect, test } from "vitest";
import { NatsReader } from "../../bench/load/nats-wire.ts";
import { RedisReader, redisCommand } from "../../bench/load/redis-wire.ts";

/** All at once, and split at every place. */
function splits(bytes: Uint8Array): Uint8Array[][] {
  const pairs = Array.from({ length: bytes.byteLength }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]);
  return [[bytes], ...pairs, Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))];
}

describe("NatsReader", () => {
  const stream = Buffer.from(
    'INFO {"a":1}\r\nMSG x 1 5\r\nhe\r\no\r\nPING\r\nHMSG x 1 reply 4 6\r\nabcdef\r\nMSG x 1 0\r\n\r\nPONG\r\n',
  );

  test("tells lines and payloads, however the stream is cut", () => {
    for (const chunks of splits(stream)) {
      const seen: string[] = [];
      const reader = new NatsReader({
        onControl: (line) => seen.push(line),
        onMessage: (head, payload) => seen.push(`${head}|${Buffer.from(payload).toString()}`),
      });
      for (const chunk of chunks) reader.push(chunk);
      expect(seen).toEqual([
        'INFO {"a":1}',
        "MSG x 1 5|he\r\no",
        "PING",
        "HMSG x 1 reply 4 6|abcdef",
        "MSG x 1 0|",
        "PONG",
      ]);
    }
  });

  test("a line without an end is refused", () => {
    const reader = new NatsReader({ onControl: () => undefined, onMessage: () => undefined });
    expect(() => reader.push(new Uint8Array(65 * 1024).fill(0x61))).toThrow(/has no end/);
  });
});

describe("RedisReader", () => {
  const long = "v".repeat(100);
  const entries = ["1-0", "2-0"].map((id) => `*2\r\n$3\r\n${id}\r\n*2\r\n$1\r\nv\r\n$100\r\n${long}\r\n`);
  const stream = Buffer.from(`+PONG\r\n:7\r\n*2\r\n${entries.join("")}$-1\r\n*0\r\n$2\r\nok\r\n`);

  test("tells items and replies, however the stream is cut", () => {
    for (const chunks of splits(stream)) {
      const replies: string[][] = [];
      let items: string[] = [];
      const reader = new RedisReader(
        (text) => items.push(text),
        () => {
          replies.push(items);
          items = [];
        },
      );
      for (const chunk of chunks) reader.push(chunk);
      expect(replies).toEqual([["PONG"], ["7"], ["1-0", "v", "", "2-0", "v", ""], [""], [], ["ok"]]);
    }
  });

  test("an error reply is thrown", () => {
    const reader = new RedisReader(
      () => undefined,
      () => undefined,
    );
    expect(() => reader.push(Buffer.from("-OOM command not allowed\r\n"))).toThrow(/OOM command not allowed/);
  });

  test("a command is an array of bulk strings", () => {
    expect(redisCommand("XADD", "k", new Uint8Array([0x61])).toString()).toBe(
      "*3\r\n$4\r\nXADD\r\n$1\r\nk\r\n$1\r\na\r\n",
    );
  });
});
