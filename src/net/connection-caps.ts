import { assert } from "../base/assert.ts";
import type { RefusalCause } from "./net-counters.ts";
import { ADDRESSES_MAX, type NetLimits } from "./net-limits.ts";

/**
 * Decides whether a new connection is let in: total, per address, and new ones per second and address (a token bucket
 * that holds one second's worth). Pure but for its table; one per listener, main thread.
 */
export class ConnectionCaps {
  readonly #limits: NetLimits;
  /** Addresses with open connections, or with new ones within the last second. At most {@link ADDRESSES_MAX}. */
  readonly #addresses = new Map<string, AddressUse>();
  #open = 0;

  constructor(limits: NetLimits) {
    this.#limits = limits;
  }

  /** `null`: let in, to be given back by {@link release}. */
  admit(address: string, descriptor: number, nowMs: number): RefusalCause | null {
    const rate = this.#limits.connectionRatePerAddressMax;
    if (this.#open >= this.#limits.connectionsMax) return "total";
    if (descriptor > this.#limits.descriptorMax) return "descriptors";
    let use = this.#addresses.get(address);
    if (use === undefined) {
      if (this.#addresses.size >= ADDRESSES_MAX) this.sweep(nowMs);
      if (this.#addresses.size >= ADDRESSES_MAX) return "addresses";
      use = { open: 0, tokens: rate, refilledMs: nowMs };
      this.#addresses.set(address, use);
    }
    if (use.open >= this.#limits.connectionsPerAddressMax) return "address";
    refill(use, rate, nowMs);
    if (use.tokens < 1) return "rate";
    use.tokens--;
    use.open++;
    this.#open++;
    return null;
  }

  release(address: string): void {
    const use = this.#addresses.get(address);
    assert(use !== undefined && use.open > 0, "a released connection was admitted");
    use.open--;
    this.#open--;
  }

  /** Forgets addresses that have nothing open and all their tokens. */
  sweep(nowMs: number): void {
    const rate = this.#limits.connectionRatePerAddressMax;
    for (const [address, use] of this.#addresses) {
      if (use.open > 0) continue;
      refill(use, rate, nowMs);
      if (use.tokens >= rate) this.#addresses.delete(address);
    }
  }

  get addressCount(): number {
    return this.#addresses.size;
  }
}

interface AddressUse {
  open: number;
  tokens: number;
  refilledMs: number;
}

function refill(use: AddressUse, ratePerSecond: number, nowMs: number): void {
  const gained = ((nowMs - use.refilledMs) / 1000) * ratePerSecond;
  use.tokens = Math.min(ratePerSecond, use.tokens + gained);
  use.refilledMs = nowMs;
}
