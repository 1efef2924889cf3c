import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Dispatch, Response } from "../../src/net/dispatch.ts";
import { answer, echo, frame, NetBed, patternBytes, until } from "./support.ts";

let bed: NetBed;
beforeEach(() => {
  bed = new NetBed();
});
afterEach(() => bed.end());

const KIB = 1024;
const MIB = 1024 * KIB;
/** What Bun may hand over in one call, at most. */
const CHUNK = 512 * KIB;

describe("a slow handler", () => {
  test.each([
    ["requests", { inFlightRequestsMax: 8 }],
    ["request bytes", { inFlightRequestBytesMax: 8 * 64 * KIB }],
  ])("stops the reading of its client at the limit of %s, and nothing is lost", async (_name, limits) => {
    const handler = new HeldHandler();
    const listener = bed.listen(handler.dispatch, limits);
    const client = await bed.connect(listener);
    const payloads = Array.from({ length: 320 }, (_, index) => patternBytes(64 * KIB, index + 1));
    client.send(Buffer.concat(payloads.map(frame)));
    await until(() => handler.waiting === 8, "the limit is reached");
    await settled(() => listener.counters.bytesIn);
    expect(handler.waiting).toBe(8);
    expect(listener.counters.queuedRequestBytes).toBeLessThan(8 * 64 * KIB + 3 * CHUNK);

    const pumping = setInterval(() => handler.answerAll(), 1);
    const frames = await client.frames(payloads.length);
    clearInterval(pumping);
    for (const [index, received] of frames.entries()) {
      expect(Buffer.compare(received, payloads[index]!)).toBe(0);
    }
    expect(handler.waitingMax).toBe(8);
    expect(listener.counters.queuedRequestBytes).toBe(0);
    expect(listener.counters.pauses).toBeGreaterThan(0);
  });

  test("does not stop other clients", async () => {
    const handler = new HeldHandler();
    const listener = bed.listen(
      (peer, request, lease) => (request[0] === 1 ? handler.dispatch(peer, request, lease) : answer(request)),
      { inFlightRequestsMax: 1 },
    );
    const [held, free] = [await bed.connect(listener), await bed.connect(listener)];
    held.send(Buffer.concat([frame(Uint8Array.of(1)), frame(Uint8Array.of(1))]));
    await until(() => handler.waiting === 1, "the limit is reached");
    for (let count = 1; count <= 20; count++) {
      free.send(frame(Uint8Array.of(2)));
      await free.frames(count);
    }
    expect(handler.waiting).toBe(1);
  });
});

describe("memory for requests", () => {
  test("is shared: twenty clients with more than it get all their answers, and it is kept", async () => {
    const queuedRequestBytesMax = 2 * MIB;
    const handler = new HeldHandler();
    const listener = bed.listen(handler.dispatch, { queuedRequestBytesMax });
    const clients = await Promise.all(Array.from({ length: 20 }, () => bed.connect(listener)));
    const payload = patternBytes(300 * KIB, 1);
    for (const client of clients)
      client.send(Buffer.concat([frame(payload), frame(payload), frame(payload)]));

    let largest = 0;
    const pumping = setInterval(() => {
      largest = Math.max(largest, listener.counters.queuedRequestBytes);
      handler.answerOne();
    }, 1);
    const frames = await Promise.all(clients.map((client) => client.frames(3)));
    clearInterval(pumping);
    for (const received of frames.flat()) expect(Buffer.compare(received, payload)).toBe(0);
    expect(largest).toBeGreaterThan(MIB);
    expect(largest).toBeLessThan(1.5 * queuedRequestBytesMax + payload.byteLength + CHUNK);
    expect(listener.counters.queuedRequestBytes).toBe(0);
  });

  test("filled by frames that never end is taken back from their senders", async () => {
    const listener = bed.listen(echo, { queuedRequestBytesMax: 4 * MIB, memoryTurnMsMax: 30 });
    const honest = await bed.connect(listener);
    const payload = patternBytes(MIB, 4);
    honest.send(frame(payload).subarray(0, 1000));
    const hoarders = await Promise.all([1, 2, 3].map(() => bed.connect(listener)));
    const endless = frame(patternBytes(3 * MIB, 2)).subarray(0, 2 * MIB);
    for (const hoarder of hoarders) hoarder.send(endless);
    await Promise.race(hoarders.map((hoarder) => hoarder.ended()));
    expect(listener.counters.closed["request-memory"]).toBeGreaterThan(0);

    honest.send(frame(payload).subarray(1000));
    const [received] = await honest.frames(1);
    expect(Buffer.compare(received!, payload)).toBe(0);
    expect(listener.counters.queuedRequestBytes).toBeLessThan(4 * MIB);
  });

  test("passes to the next when the one that was let read goes away", async () => {
    const listener = bed.listen(echo, { queuedRequestBytesMax: 4 * MIB });
    const leaving = await bed.connect(listener);
    leaving.send(frame(patternBytes(2 * MIB, 1)).subarray(0, 1100 * KIB));
    await until(() => listener.counters.queuedRequestBytes > 1000 * KIB, "the largest has come");
    const payload = patternBytes(800 * KIB, 2);
    const others = await Promise.all([1, 2, 3, 4].map(() => bed.connect(listener)));
    for (const client of others) client.send(frame(payload).subarray(0, 790 * KIB));
    await until(() => listener.counters.pauses > 0, "the memory is used up");
    leaving.socket.resetAndDestroy();
    for (const client of others) client.send(frame(payload).subarray(790 * KIB));
    for (const client of others) {
      const [received] = await client.frames(1);
      expect(Buffer.compare(received!, payload)).toBe(0);
    }
  });
});

describe("a client that does not read", () => {
  test("gets no further request dispatched, and later everything", async () => {
    const listener = bed.listen(echo, { unsentResponseBytesMax: 256 * KIB });
    const client = await bed.connect(listener, { paused: true });
    const payloads = Array.from({ length: 1000 }, (_, index) => patternBytes(32 * KIB, index + 1));
    for (const payload of payloads) client.send(frame(payload));
    await until(() => listener.counters.pauses > 0, "the limit is reached");
    await settled(() => listener.counters.bytesIn + listener.counters.bytesOut);
    expect(listener.counters.framesIn).toBeLessThan(payloads.length);
    expect(listener.counters.queuedResponseBytes).toBeLessThan(256 * KIB + 32 * KIB);

    client.socket.resume();
    const frames = await client.frames(payloads.length);
    for (const [index, received] of frames.entries()) {
      if (Buffer.compare(received, payloads[index]!) !== 0) throw new Error(`response ${index} differs`);
    }
    expect(listener.counters.queuedResponseBytes).toBe(0);
  });

  test("is closed after the stall limit, its responses released", async () => {
    let releases = 0;
    const listener = bed.listen(() => ({ parts: [new Uint8Array(16 * MIB)], release: () => releases++ }), {
      writeStallMsMax: 30,
    });
    const client = await bed.connect(listener, { paused: true });
    client.send(Buffer.concat([frame("1"), frame("2")]));
    await until(() => listener.counters.closed["write-stalled"] === 1, "the stalled connection is closed");
    expect(releases).toBe(1);
    expect(listener.counters.queuedResponseBytes).toBe(0);
  });

  test("makes room when response memory is used up, the longest stalled first", async () => {
    const listener = bed.listen(() => answer(new Uint8Array(16 * MIB)), { queuedResponseBytesMax: 40 * MIB });
    const stalled = [];
    for (let count = 1; count <= 3; count++) {
      const client = await bed.connect(listener, { paused: true });
      client.send(frame("go"));
      stalled.push(client);
      await until(() => listener.counters.framesIn === count, "the request has come");
      await settled(() => listener.counters.bytesOut);
    }
    expect(listener.counters.closed["response-memory"]).toBe(1);
    expect(listener.counters.queuedResponseBytes).toBe(32 * MIB);
    stalled[0]!.socket.resume();
    await stalled[0]!.ended();
    stalled[2]!.socket.resume();
    expect((await stalled[2]!.frames(1))[0]!.byteLength).toBe(16 * MIB);
  });
});

/** Keeps requests until told to answer them, in any order that it likes. */
class HeldHandler {
  waitingMax = 0;
  #held: (() => void)[] = [];

  readonly dispatch: Dispatch = (_peer, request) =>
    new Promise<Response>((resolve) => {
      this.#held.push(() => resolve(answer(request)));
      this.waitingMax = Math.max(this.waitingMax, this.#held.length);
    });

  get waiting(): number {
    return this.#held.length;
  }

  answerOne(): void {
    this.#held.shift()?.();
  }

  answerAll(): void {
    for (const resolve of this.#held.splice(0).reverse()) resolve();
  }
}

/** Waits until a number has stopped changing. */
async function settled(value: () => number): Promise<void> {
  let last = value();
  let unchanged = 0;
  await until(() => {
    unchanged = value() === last ? unchanged + 1 : 0;
    last = value();
    return unchanged === 20;
  }, "a counter settles");
}
