import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Dispatch, Response } from "../../src/net/dispatch.ts";
import { answer, echo, frame, framesOf, NetBed, patternBytes, until } from "./support.ts";

let bed: NetBed;
beforeEach(() => {
  bed = new NetBed();
});
afterEach(() => bed.end());

describe("listen() answers", () => {
  test("in request order, whatever finishes first", async () => {
    const listener = bed.listen(delayed);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ delay: fc.integer({ min: 0, max: 5 }), size: fc.nat(3000) }), {
          minLength: 1,
          maxLength: 60,
        }),
        async (requests) => {
          const client = await bed.connect(listener);
          const payloads = requests.map(({ delay, size }, index) => requestOf(delay, index, size));
          client.send(Buffer.concat(payloads.map(frame)));
          const expected = payloads.filter(hasAnswer);
          expect(await client.frames(expected.length)).toEqual(expected);
          client.socket.end();
          expect(await client.ended()).toBe("fin");
          expect(client.receivedBytes).toBe(Buffer.concat(expected.map(frame)).byteLength);
        },
      ),
      { numRuns: 60, seed: 4_242 },
    );
    expect(listener.counters.closed["peer-closed"]).toBe(60);
  });

  test("each frame of a stream that arrives in pieces, prefix included", async () => {
    const listener = bed.listen(echo);
    const client = await bed.connect(listener);
    const stream = Buffer.concat([frame("one"), frame(patternBytes(40, 1)), frame(""), frame("four")]);
    for (let at = 0; at < stream.byteLength; at++) {
      client.send(stream.subarray(at, at + 1));
      await until(() => listener.counters.bytesIn === at + 1, "the server has that byte");
    }
    await client.received(stream.byteLength);
    expect(Buffer.compare(client.bytes(), stream)).toBe(0);
  });

  test("a hundred pipelined requests in few writes", async () => {
    const listener = bed.listen(async (_peer, request) => answer(request));
    const client = await bed.connect(listener);
    client.send(Buffer.concat(Array.from({ length: 100 }, (_, index) => frame(`request ${index}`))));
    await client.frames(100);
    expect(listener.counters.responsesOut).toBe(100);
    expect(listener.counters.writes).toBeLessThanOrEqual(3);
  });

  test("a response of many megabytes, made of many parts, byte for byte", async () => {
    const parts = Array.from({ length: 100 }, (_, index) => patternBytes(index * 1000, index));
    const listener = bed.listen(() => answer(...parts, ...parts));
    const client = await bed.connect(listener);
    client.send(frame("go"));
    const [response] = await client.frames(1);
    expect(Buffer.compare(response!, Buffer.concat([...parts, ...parts]))).toBe(0);
  });

  test("a request of many megabytes whole", async () => {
    const listener = bed.listen(echo);
    const client = await bed.connect(listener);
    const payload = patternBytes(20 << 20, 3);
    client.send(frame(payload));
    const [response] = await client.frames(1);
    expect(Buffer.compare(response!, payload)).toBe(0);
  });

  test("with the addresses of both ends known to the handler", async () => {
    const listener = bed.listen((peer) =>
      answer(
        Buffer.from(JSON.stringify([peer.remoteAddress, peer.remotePort, peer.localAddress, peer.localPort])),
      ),
    );
    const client = await bed.connect(listener);
    client.send(frame(""));
    const [response] = await client.frames(1);
    const expected = ["127.0.0.1", client.socket.localPort, "127.0.0.1", listener.port];
    expect(JSON.parse(response!.toString())).toEqual(expected);
  });
});

describe("listen() closes one connection, says why once, and serves the others, when", () => {
  const reasons: [string, Uint8Array, string, string][] = [
    ["a frame has a negative length", prefix(-1), "malformed", "negative length -1"],
    ["a frame is over the limit", prefix(101 << 20), "malformed", "the limit is"],
    ["a length is the largest there is", prefix(2 ** 31 - 1), "malformed", "the limit is"],
    ["a handler throws", frame("throw"), "dispatch-failed", "no such API"],
    ["a handler rejects", frame("reject"), "dispatch-failed", "no such version"],
    ["a response cannot be sent", frame("bug"), "internal-error", ""],
    ["a late response cannot be sent", frame("late bug"), "internal-error", ""],
  ];
  test.each(reasons)("%s", async (_name, bytes, cause, reason) => {
    const listener = bed.listen(failing);
    const [other, bad] = [await bed.connect(listener), await bed.connect(listener)];
    const port = bad.socket.localPort;
    bad.send(Buffer.concat([frame("fine"), bytes, frame("never")]));
    await bad.ended();
    expect(framesOf(bad.bytes()).length).toBeLessThanOrEqual(1);

    const lines = bed.log.filter(({ level }) => level !== "debug");
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatchObject({ event: "connection-closed", fields: { cause } });
    expect(lines[0]!.fields.peer).toBe(`127.0.0.1:${port}`);
    expect(lines[0]!.fields.reason).toContain(reason);
    expect(listener.counters.closed[cause as "malformed"]).toBe(1);

    other.send(frame("still here"));
    expect((await other.frames(1)).map(String)).toEqual(["still here"]);
    expect(listener.counters.connections).toBe(1);
  });

  test("a hostile crowd does not fill the log", async () => {
    const listener = bed.listen(failing, { sweepIntervalMs: 60_000 });
    for (let count = 0; count < 70; count++) {
      const client = await bed.connect(listener);
      client.send(prefix(-1));
      await client.ended();
    }
    expect(bed.log.filter(({ level }) => level === "warn").length).toBe(50);
    await listener.close(0);
    expect(bed.log.at(-1)).toMatchObject({ event: "connections-closed", fields: { count: 20 } });
  });
});

/** Byte 0: how late the answer comes; 0 is at once, 1 is never needed (as Produce with acks=0). */
const delayed: Dispatch = (_peer, request) => {
  const delay = request[0]!;
  if (delay === 0) return answer(request);
  if (delay === 1) return Promise.resolve(null);
  if (delay === 2) return Promise.resolve(answer(request.subarray(0, 3), request.subarray(3)));
  return new Promise((resolve) => setTimeout(() => resolve(answer(request)), delay - 3));
};

function requestOf(delay: number, index: number, size: number): Buffer {
  return Buffer.concat([Uint8Array.of(delay, index), patternBytes(size, index + 1)]);
}

function hasAnswer(request: Uint8Array): boolean {
  return request[0] !== 1;
}

const failing: Dispatch = (_peer, request) => {
  const text = Buffer.from(request).toString();
  if (text === "throw") throw new Error("no such API");
  if (text === "reject") return Promise.reject(new Error("no such version"));
  if (text === "bug") return UNSENDABLE;
  if (text === "late bug") return Promise.resolve(UNSENDABLE);
  return answer(request);
};

const UNSENDABLE: Response = { parts: [null as unknown as Uint8Array], release: null };

function prefix(length: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}
