import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileSpan } from "../../src/base/file-span.ts";
import type { FilePosition } from "../../src/base/units.ts";
import type { Dispatch } from "../../src/net/dispatch.ts";
import { answer, echo, frame, framesOf, NetBed, patternBytes, RawClient, until } from "./support.ts";

let bed: NetBed;
beforeEach(() => {
  bed = new NetBed();
});
afterEach(() => bed.end());

const GRACE_MS = 10_000;

describe("close()", () => {
  test("loses no answer to what it dispatched, while a pipelining client goes on sending", async () => {
    let dispatched = 0;
    const listener = bed.listen(async (_peer, request) => {
      dispatched++;
      await new Promise((resolve) => setTimeout(resolve, (dispatched * 7) % 5));
      return answer(request);
    });
    const clients = await Promise.all([1, 2, 3].map(() => bed.connect(listener)));
    const sending = clients.map((client) => {
      let sent = 0;
      return setInterval(() => {
        for (let count = 0; count < 20; count++) client.send(frame(`${sent++}:${"x".repeat(500)}`));
      }, 1);
    });
    await until(() => dispatched > 500, "requests flow");
    const closed = listener.close(GRACE_MS);
    const endings = await Promise.all(clients.map((client) => client.ended()));
    for (const timer of sending) clearInterval(timer);
    for (const client of clients) client.socket.end();
    await closed;

    expect(endings).toEqual(["fin", "fin", "fin"]);
    let answered = 0;
    for (const client of clients) {
      const frames = framesOf(client.bytes());
      for (const [index, received] of frames.entries()) {
        expect(received.toString().startsWith(`${index}:`)).toBe(true);
      }
      expect(Buffer.concat(frames.map(frame)).byteLength).toBe(client.receivedBytes);
      answered += frames.length;
    }
    expect(answered).toBe(dispatched);
    expect(listener.counters.closed.drained).toBe(3);
  });

  test("sends a large response to its end, to a reader that begins late", async () => {
    const bytes = patternBytes(30 << 20, 1);
    const fd = bed.file(bytes);
    const listener = bed.listen(() => answer(new FileSpan(fd, 0 as FilePosition, bytes.byteLength)));
    const client = await bed.connect(listener, { paused: true });
    client.send(frame("go"));
    await until(() => listener.counters.bytesOut > 0, "sending has begun");
    const closed = listener.close(GRACE_MS);
    client.socket.resume();
    const [response] = await client.frames(1);
    expect(Buffer.compare(response!, bytes)).toBe(0);
    expect(await client.ended()).toBe("fin");
    client.socket.end();
    await closed;
  });

  test("answers the requests that wait behind the in-flight limit, and drops the partial one", async () => {
    const gate = Promise.withResolvers<void>();
    const dispatch: Dispatch = async (_peer, request) => {
      await gate.promise;
      return answer(request);
    };
    const listener = bed.listen(dispatch, { inFlightRequestsMax: 1 });
    const client = await bed.connect(listener);
    const requests = ["one", "two", "three"].map(frame);
    client.send(Buffer.concat([...requests, frame("four").subarray(0, 6)]));
    await until(() => listener.counters.framesIn === 1, "the first request is in flight");
    const closed = listener.close(GRACE_MS);
    gate.resolve();
    expect(await client.ended()).toBe("fin");
    expect(framesOf(client.bytes()).map(String)).toEqual(["one", "two", "three"]);
    client.socket.end();
    await closed;
    expect(listener.counters.queuedRequestBytes).toBe(0);
  });

  test("takes no further connection, ends the quiet ones at once, and is done when all are gone", async () => {
    const listener = bed.listen(echo);
    const client = await bed.connect(listener);
    const closed = listener.close(GRACE_MS);
    expect(listener.close(0)).toBe(closed);
    expect(await client.ended()).toBe("fin");
    await expect(RawClient.connect(listener.port, false)).rejects.toThrow();
    client.socket.end();
    await closed;
    expect(listener.counters.connections).toBe(0);
  });

  test("wakes long polls, whose answers still leave", async () => {
    const listener = bed.listen(async (peer, request) => {
      await new Promise<void>((resolve) => peer.whenClosed({ peerClosed: resolve }));
      return answer(request);
    });
    const client = await bed.connect(listener);
    client.send(frame("poll"));
    await until(() => listener.counters.framesIn === 1, "the poll waits");
    const closed = listener.close(GRACE_MS);
    expect((await client.frames(1)).map(String)).toEqual(["poll"]);
    client.socket.end();
    await closed;
  });

  test("cuts off what is not done within the grace, and a client that never says goodbye", async () => {
    const listener = bed.listen(() => new Promise(() => undefined), { lingerMsMax: 20 });
    const [stuck, rude] = [await bed.connect(listener), await bed.connect(listener)];
    stuck.send(frame("never answered"));
    await until(() => listener.counters.framesIn === 1, "the request is in flight");
    const closed = listener.close(300);
    expect(await rude.ended()).toBe("fin");
    await until(() => listener.counters.closed["drain-timeout"] === 1, "the rude client is cut off");
    expect(listener.counters.connections).toBe(1);
    await closed;
    expect(listener.counters.closed["drain-timeout"]).toBe(2);
    await stuck.ended();
  });
});

test("a client that half-closes gets the answers to all it sent, then the FIN", async () => {
  const listener = bed.listen(async (_peer, request) => answer(request), { inFlightRequestsMax: 2 });
  const client = await bed.connect(listener);
  const payloads = Array.from({ length: 200 }, (_, index) => Buffer.from(`request ${index}`));
  client.socket.end(Buffer.concat(payloads.map(frame)));
  expect(await client.ended()).toBe("fin");
  expect(framesOf(client.bytes())).toEqual(payloads);
  await until(() => listener.counters.closed["peer-closed"] === 1, "the connection is closed");
});

test("listen() says so when the port is taken", () => {
  const listener = bed.listen(echo);
  expect(() => bed.listen(echo, {}, { port: listener.port })).toThrow(
    expect.objectContaining({ code: "EADDRINUSE" }),
  );
});
