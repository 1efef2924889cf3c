import { describe, expect, test } from "vitest";
import { ConnectionCaps } from "../../src/net/connection-caps.ts";
import { ADDRESSES_MAX, DEFAULT_NET_LIMITS, type NetLimits } from "../../src/net/net-limits.ts";

describe("ConnectionCaps", () => {
  test("refuses beyond the total, and admits again after a release", () => {
    const caps = capsWith({ connectionsMax: 2 });
    expect(caps.admit("a", 10, 0)).toBeNull();
    expect(caps.admit("b", 11, 0)).toBeNull();
    expect(caps.admit("c", 12, 0)).toBe("total");
    caps.release("a");
    expect(caps.admit("c", 12, 0)).toBeNull();
  });

  test("one address at its limit does not shut out another", () => {
    const caps = capsWith({ connectionsPerAddressMax: 1 });
    expect(caps.admit("a", 10, 0)).toBeNull();
    expect(caps.admit("a", 11, 0)).toBe("address");
    expect(caps.admit("b", 11, 0)).toBeNull();
  });

  test("lets in one second's worth at once, then the rate", () => {
    const caps = capsWith({ connectionRatePerAddressMax: 10 });
    const admitted = (nowMs: number): boolean => caps.admit("a", 10, nowMs) === null;
    for (let count = 0; count < 10; count++) expect(admitted(0)).toBe(true);
    expect(caps.admit("a", 10, 0)).toBe("rate");
    expect(admitted(99)).toBe(false);
    expect(admitted(100)).toBe(true);
    expect(admitted(100)).toBe(false);
    expect(caps.admit("b", 10, 100)).toBeNull();
  });

  test("keeps the descriptors above the limit for files", () => {
    expect(capsWith({ descriptorMax: 100 }).admit("a", 101, 0)).toBe("descriptors");
  });

  test("forgets an address once it has nothing open and its rate is whole again, and not before", () => {
    const caps = capsWith({ connectionRatePerAddressMax: 10 });
    caps.admit("a", 10, 0);
    caps.sweep(10_000);
    expect(caps.addressCount).toBe(1);
    caps.release("a");
    caps.sweep(10_000);
    expect(caps.addressCount).toBe(0);
  });

  test("remembers a bounded number of addresses", () => {
    const caps = capsWith({ connectionsMax: ADDRESSES_MAX * 2 });
    for (let count = 0; count < ADDRESSES_MAX; count++) caps.admit(`a${count}`, 10, 0);
    expect(caps.admit("one more", 10, 0)).toBe("addresses");
    caps.release("a0");
    expect(caps.admit("one more", 10, 1000)).toBeNull();
  });
});

function capsWith(limits: Partial<NetLimits>): ConnectionCaps {
  return new ConnectionCaps({ ...DEFAULT_NET_LIMITS, ...limits });
}
