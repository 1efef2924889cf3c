import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, echo, frame, NetBed, until } from "./support.ts";

let bed: NetBed;
beforeEach(() => {
  bed = new NetBed();
});
afterEach(() => bed.end());

describe("connections are refused", () => {
  test.each([
    ["total", { connectionsMax: 2 }],
    ["address", { connectionsPerAddressMax: 2 }],
    ["rate", { connectionRatePerAddressMax: 2 }],
  ] as const)("at the limit of: %s", async (cause, limits) => {
    const listener = bed.listen(echo, limits);
    const admitted = [await bed.connect(listener), await bed.connect(listener)];
    const refused = await bed.connect(listener);
    expect(await refused.ended()).toBe("reset");
    expect(listener.counters.refused[cause]).toBe(1);
    expect(bed.log).toMatchObject([{ event: "connection-refused", fields: { address: "127.0.0.1", cause } }]);

    for (const client of admitted) {
      client.send(frame("served"));
      await client.frames(1);
    }
    if (cause === "rate") return;
    admitted[0]!.destroy();
    await until(() => listener.counters.connections === 1, "a place is free");
    const next = await bed.connect(listener);
    next.send(frame("served"));
    await next.frames(1);
  });

  test("when files need the remaining descriptors", async () => {
    const listener = bed.listen(echo, { descriptorMax: 0 });
    expect(await (await bed.connect(listener)).ended()).toBe("reset");
    expect(listener.counters.refused.descriptors).toBe(1);
  });
});

describe("connections are closed", () => {
  test("when no first frame comes in time, also if part of it came", async () => {
    const listener = bed.listen(echo, { handshakeMsMax: 30 });
    const [silent, begun] = [await bed.connect(listener), await bed.connect(listener)];
    begun.send(frame("12345").subarray(0, 6));
    await Promise.all([silent.ended(), begun.ended()]);
    expect(listener.counters.closed["handshake-timeout"]).toBe(2);
  });

  test("when a frame is not continued in time, but not between frames", async () => {
    const listener = bed.listen(echo, { partialFrameMsMax: 30 });
    const [broken, waiting] = [await bed.connect(listener), await bed.connect(listener)];
    waiting.send(frame("whole"));
    await waiting.frames(1);
    broken.send(Buffer.concat([frame("whole"), frame("cut off").subarray(0, 8)]));
    await broken.ended();
    expect(listener.counters.closed["partial-frame-timeout"]).toBe(1);
    expect(broken.receivedBytes).toBe(frame("whole").byteLength);
    waiting.send(frame("next"));
    await waiting.frames(2);
  });

  test("when idle, but not while a request of theirs waits", async () => {
    const poll = Promise.withResolvers<void>();
    const listener = bed.listen(
      async (_peer, request) => {
        if (request[0] === 1) await poll.promise;
        return answer(request);
      },
      { idleMsMax: 30 },
    );
    const [polling, idle] = [await bed.connect(listener), await bed.connect(listener)];
    polling.send(frame(Uint8Array.of(1)));
    idle.send(frame(Uint8Array.of(2)));
    await idle.ended();
    expect(listener.counters.closed.idle).toBe(1);
    poll.resolve();
    await polling.frames(1);
    await polling.ended();
    expect(listener.counters.closed.idle).toBe(2);
    expect(bed.log.every(({ level }) => level === "debug")).toBe(true);
  });
});

test("a long poll learns at once that its client has gone", async () => {
  let aborted = 0;
  const listener = bed.listen(async (peer, request) => {
    await new Promise<void>((resolve) => peer.whenClosed({ peerClosed: resolve }));
    aborted++;
    return answer(request);
  });
  const reset = await bed.connect(listener);
  const leaving = await bed.connect(listener);
  reset.send(frame("poll"));
  leaving.send(frame("poll"));
  await until(() => listener.counters.framesIn === 2, "both polls wait");
  reset.socket.resetAndDestroy();
  await until(() => aborted === 1, "the first poll ends");
  leaving.socket.end();
  expect((await leaving.frames(1)).map(String)).toEqual(["poll"]);
  expect(await leaving.ended()).toBe("fin");
});
