import { ftruncateSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileSpan } from "../../src/base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { sendfileSupported } from "../../src/io/sendfile.ts";
import type { Response } from "../../src/net/dispatch.ts";
import type { NetSocket } from "../../src/net/net-socket.ts";
import { PEER_GONE, SendfileSpanSender } from "../../src/net/span-sender.ts";
import { answer, frame, NetBed, patternBytes, RawClient, until } from "./support.ts";

let bed: NetBed;
beforeEach(() => {
  bed = new NetBed();
});
afterEach(() => bed.end());

const LARGE = 100 << 20;

describe.each(sendfileSupported ? [true, false] : [false])("file spans, sendfile: %s", (sendfile) => {
  test("go out between bytes, in order, also empty ones and several in one response", async () => {
    const bytes = patternBytes(3 << 20, 1);
    const fd = bed.file(bytes);
    const response = answer(
      Buffer.from("head"),
      span(fd, 10, 2_500_000),
      span(fd, 0, 0),
      Buffer.from("middle"),
      span(fd, 5, 1),
      span(fd, 100, 100),
      span(fd, 3 << 20, 0),
    );
    const listener = bed.listen(() => response, {}, { sendfile });
    const client = await bed.connect(listener);
    client.send(Buffer.concat([frame("1"), frame("2")]));
    const expected = Buffer.concat([
      Buffer.from("head"),
      bytes.subarray(10, 2_500_010),
      Buffer.from("middle"),
      bytes.subarray(5, 6),
      bytes.subarray(100, 200),
    ]);
    const frames = await client.frames(2);
    for (const received of frames) expect(Buffer.compare(received, expected)).toBe(0);
    expect(listener.counters.bytesOut).toBe(2 * (4 + expected.byteLength));
    if (sendfile) expect(listener.counters.bytesBySendfile).toBeGreaterThan(4_000_000);
    else expect(listener.counters.bytesBySendfile).toBe(0);
  });

  test("100 MB reach a slow reader byte for byte, while another connection keeps its latency", async () => {
    const bytes = patternBytes(LARGE, 9);
    const fd = bed.file(bytes);
    const releases = new Releases();
    const large = releases.response(span(fd, 0, LARGE));
    const listener = bed.listen(
      (_peer, request) => (request[0] === 1 ? large : answer(request)),
      {},
      { sendfile },
    );
    const slow = await bed.connect(listener);
    const quick = await bed.connect(listener);
    slow.send(frame(Uint8Array.of(1)));
    const pausing = setInterval(() => {
      slow.socket.pause();
      setImmediate(() => slow.socket.resume());
    }, 3);

    const latencies: number[] = [];
    while (slow.receivedBytes < LARGE + 4) {
      const sentMs = performance.now();
      quick.send(frame(Uint8Array.of(2)));
      await quick.received(5 * (latencies.length + 1));
      latencies.push(performance.now() - sentMs);
    }
    clearInterval(pausing);
    const received = slow.bytes();
    expect(received.readInt32BE(0)).toBe(LARGE);
    expect(Buffer.compare(received.subarray(4), bytes)).toBe(0);
    await until(() => releases.count === 1, "the span is released");

    latencies.sort((a, b) => a - b);
    expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(50);
    expect(latencies.length).toBeGreaterThan(10);
  });

  test("a client that vanishes in the middle releases its responses once, the waiting ones too", async () => {
    const fd = bed.file(patternBytes(LARGE, 2));
    const releases = new Releases();
    const listener = bed.listen(() => releases.response(span(fd, 0, LARGE)), {}, { sendfile });
    const client = await bed.connect(listener, { paused: true });
    client.send(Buffer.concat([frame("1"), frame("2"), frame("3")]));
    await until(() => listener.counters.bytesOut > 0 && releases.made === 3, "sending has begun");
    client.socket.resetAndDestroy();
    await until(() => listener.counters.connections === 0, "the server has noticed");
    expect(releases.count).toBe(3);
    expect(listener.counters.closed["peer-reset"]).toBe(1);
  });

  test("a client that closes without reading is noticed by writing to it", async () => {
    const fd = bed.file(patternBytes(LARGE, 2));
    const releases = new Releases();
    const listener = bed.listen(() => releases.response(span(fd, 0, LARGE)), {}, { sendfile });
    const client = await bed.connect(listener, { paused: true });
    client.send(frame("1"));
    await until(() => listener.counters.bytesOut > 0, "sending has begun");
    client.socket.destroy();
    await until(() => listener.counters.connections === 0, "the server has noticed");
    expect(releases.count).toBe(1);
  });

  test("a file that is shorter than its span closes the connection and says so", async () => {
    const fd = bed.file(patternBytes(1000, 3));
    const releases = new Releases();
    const listener = bed.listen(() => releases.response(span(fd, 500, 501)), {}, { sendfile });
    const client = await bed.connect(listener);
    client.send(frame("1"));
    await client.ended();
    expect(releases.count).toBe(1);
    expect(listener.counters.closed["span-failed"]).toBe(1);
    expect(bed.log.find(({ level }) => level === "error")?.fields.reason).toContain("file ended");
  });

  test("a file cut short while its span waits for a slow reader closes the connection", async () => {
    const fd = bed.file(patternBytes(LARGE, 3));
    const releases = new Releases();
    const listener = bed.listen(() => releases.response(span(fd, 0, LARGE)), {}, { sendfile });
    const client = await bed.connect(listener, { paused: true });
    client.send(frame("1"));
    await until(() => listener.counters.bytesOut > 0, "sending has begun");
    ftruncateSync(fd, 0);
    client.socket.resume();
    await client.ended();
    await until(() => releases.count === 1, "the span is released");
    expect(listener.counters.closed["span-failed"]).toBe(1);
  });

  test("a bad descriptor closes the connection", async () => {
    const releases = new Releases();
    const listener = bed.listen(
      () => releases.response(span(9999 as FileDescriptor, 0, 10)),
      {},
      { sendfile },
    );
    const client = await bed.connect(listener);
    client.send(frame("1"));
    await client.ended();
    expect(releases.count).toBe(1);
    expect(bed.log.find(({ level }) => level === "error")?.fields.reason).toContain("EBADF");
  });

  test("an answer that comes after its client has gone is released", async () => {
    const fd = bed.file(patternBytes(1000, 3));
    const releases = new Releases();
    const late = Promise.withResolvers<Response>();
    const listener = bed.listen(() => late.promise, {}, { sendfile });
    const client = await bed.connect(listener);
    client.send(frame("1"));
    await until(() => listener.counters.framesIn === 1, "the request is in flight");
    client.socket.resetAndDestroy();
    await until(() => listener.counters.connections === 0, "the server has noticed");
    late.resolve(releases.response(span(fd, 0, 1000)));
    await until(() => releases.count === 1, "the span is released");
  });
});

describe.runIf(sendfileSupported)("SendfileSpanSender on a full socket", () => {
  test.each([
    ["counts the byte that went out after all", 1, 1],
    ["waits for `drain` when it did not", 0, 0],
    ["reports a client that has gone", -1, PEER_GONE],
  ])("%s", async (_name, written, expected) => {
    const fd = bed.file(patternBytes(1 << 20, 1));
    const whole = span(fd, 0, 1 << 20);
    const opened = Promise.withResolvers<NetSocket>();
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: (socket) => opened.resolve(socket as unknown as NetSocket), data: () => undefined },
    });
    const client = await RawClient.connect(server.port, true);
    const socket = await opened.promise;
    const sender = new SendfileSpanSender();
    while (sender.send(socket, whole, 0, whole.length) !== 0);

    const bytes: number[] = [];
    const write = (byte: Uint8Array) => {
      bytes.push(byte[0]!);
      return written;
    };
    const full = { fd: socket.fd, write } as unknown as NetSocket;
    expect(sender.send(full, whole, 12_345, 10)).toBe(expected);
    expect(bytes).toEqual([patternBytes(12_346, 1)[12_345]]);
    // The bytes before a span, too: Bun is asked, and says the same.
    expect(sender.sendBefore(full, new Uint8Array([9, 8]), 2)).toBe(written);
    expect(bytes.at(-1)).toBe(9);
    client.destroy();
    server.stop(true);
  });
});

/** Responses that count their releases. */
class Releases {
  made = 0;
  count = 0;

  response(...parts: Response["parts"]): Response {
    this.made++;
    let isReleased = false;
    const release = () => {
      if (isReleased) throw new Error("released twice");
      isReleased = true;
      this.count++;
    };
    return { parts, release };
  }
}

function span(fd: FileDescriptor, position: number, length: number): FileSpan {
  return new FileSpan(fd, position as FilePosition, length);
}
