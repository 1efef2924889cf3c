import { expect, test } from "vitest";
import { ConnectionPeer } from "../../src/net/connection-peer.ts";
import type { NetSocket } from "../../src/net/net-socket.ts";

function peer(): ConnectionPeer {
  const socket = {
    remoteAddress: "::ffff:10.0.0.1",
    remotePort: 5,
    localAddress: "10.0.0.2",
    localPort: 9092,
  };
  return new ConnectionPeer(1, socket as NetSocket);
}

function listener(calls: string[], name: string) {
  return { peerClosed: () => void calls.push(name) };
}

test("whoever listens is told once that the connection closes; who forgot is not", () => {
  const calls: string[] = [];
  const closing = peer();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => listener(calls, name));
  for (const each of [a!, b!, c!]) closing.whenClosed(each);
  closing.forgetListener(a!);
  closing.whenClosed(d!);
  closing.forgetListener(b!);
  expect(closing.isClosed).toBe(false);
  closing.markClosed();
  closing.markClosed();
  expect(calls.sort()).toEqual(["c", "d"]);
  expect(closing.isClosed).toBe(true);
});

test("a listener that comes too late is not called, and one may forget another that is told at the same time", () => {
  const calls: string[] = [];
  const closing = peer();
  const second = listener(calls, "second");
  closing.whenClosed({
    peerClosed: () => {
      expect(closing.isClosed).toBe(true);
      closing.forgetListener(second);
      closing.whenClosed(second);
    },
  });
  closing.whenClosed(second);
  closing.markClosed();
  expect(calls).toEqual(["second"]);
});
