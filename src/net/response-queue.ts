import { assert } from "../base/assert.ts";
import { FileSpan, type ResponsePart } from "../base/file-span.ts";
import type { Response } from "./dispatch.ts";

/** One request in flight and, once settled, its response. */
export interface Exchange {
  readonly requestBytes: number;
  settled: boolean;
  response: Response | null;
  /** Length on the wire, without the prefix. */
  responseBytes: number;
  /** The part of that which is in memory. */
  memoryBytes: number;
  next: Exchange | null;
}

/**
 * The exchanges of one connection in request order, and a cursor that says how much of the first response is sent. The
 * wire form of a response is its length as int32 and then its parts. Pure; main thread. Bounded by its user, who stops
 * dispatching at `inFlightRequestsMax` and `unsentResponseBytesMax`.
 */
export class ResponseQueue {
  #head: Exchange | null = null;
  #tail: Exchange | null = null;
  /** Part of the first response that is sent next: {@link PREFIX}, or an index. */
  #part = PREFIX;
  /** Bytes of that part which are sent already. */
  #offset = 0;

  /** Exchanges whose responses are not completely sent. */
  length = 0;
  /** Request bytes of those. */
  requestBytes = 0;
  /** Memory that their settled responses take. */
  memoryBytes = 0;
  /** Responses completely sent, ever. */
  completed = 0;
  /** The last {@link gather} ended at a file span. */
  spanFollows = false;

  /** Takes a place in the order. */
  expect(requestBytes: number): Exchange {
    const exchange: Exchange = {
      requestBytes,
      settled: false,
      response: null,
      responseBytes: 0,
      memoryBytes: 0,
      next: null,
    };
    if (this.#tail === null) this.#head = exchange;
    else this.#tail.next = exchange;
    this.#tail = exchange;
    this.length++;
    this.requestBytes += requestBytes;
    return exchange;
  }

  settle(exchange: Exchange, response: Response | null): void {
    assert(!exchange.settled, "an exchange is settled once");
    exchange.settled = true;
    exchange.response = response;
    if (response === null) return;
    for (const part of response.parts) {
      if (part instanceof FileSpan) exchange.responseBytes += part.length;
      else exchange.memoryBytes += part.byteLength;
    }
    exchange.responseBytes += exchange.memoryBytes;
    assert(exchange.responseBytes <= INT32_MAX, "a response fits its int32 length prefix");
    this.memoryBytes += exchange.memoryBytes;
  }

  /** The first response may be sent: what finished behind it waits. */
  get isReady(): boolean {
    return this.#head?.settled === true;
  }

  /** The file span that the cursor stands in, or `null`. `offset` is its sent part. */
  span(): { readonly span: FileSpan; readonly offset: number } | null {
    const part = this.#head?.response?.parts[this.#part];
    return part instanceof FileSpan ? { span: part, offset: this.#offset } : null;
  }

  /** Copies ready bytes from the cursor on, up to the next file span, until `into` is full. Moves nothing. */
  gather(into: Uint8Array): number {
    this.spanFollows = false;
    let filled = 0;
    let part = this.#part;
    let offset = this.#offset;
    for (let exchange = this.#head; exchange?.settled === true; exchange = exchange.next) {
      const parts = exchange.response?.parts ?? NO_PARTS;
      if (part === PREFIX && exchange.response !== null) {
        const prefix = lengthPrefix(exchange.responseBytes);
        const copied = copy(prefix, offset, into, filled);
        filled += copied;
        if (offset + copied < PREFIX_BYTES) return filled;
        part = 0;
        offset = 0;
      }
      for (; part >= 0 && part < parts.length; part++) {
        const bytes = parts[part]!;
        if (bytes instanceof FileSpan) {
          if (bytes.length === 0) continue;
          this.spanFollows = true;
          return filled;
        }
        const copied = copy(bytes, offset, into, filled);
        filled += copied;
        if (offset + copied < bytes.byteLength) return filled;
        offset = 0;
      }
      part = PREFIX;
      offset = 0;
    }
    return filled;
  }

  /** Moves the cursor by bytes that the kernel has taken; completes and releases the responses that it passes. */
  advance(bytes: number): void {
    let left = bytes;
    for (let head = this.#head; head?.settled === true; head = this.#head) {
      const parts = head.response?.parts ?? NO_PARTS;
      while (head.response !== null && this.#part < parts.length) {
        const length = this.#part === PREFIX ? PREFIX_BYTES : partBytes(parts[this.#part]!);
        const taken = Math.min(left, length - this.#offset);
        this.#offset += taken;
        left -= taken;
        if (this.#offset < length) return;
        this.#part++;
        this.#offset = 0;
      }
      this.#completeHead(head);
    }
    assert(left === 0, "no more bytes are sent than were ready");
  }

  /** The connection is gone: releases what was unsent. Exchanges not yet settled are released by their user. */
  abandon(): void {
    const failures: unknown[] = [];
    for (let head = this.#head; head !== null; head = this.#head) {
      try {
        this.#unlink(head).response?.release?.();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #completeHead(head: Exchange): void {
    if (head.response !== null) this.completed++;
    this.#unlink(head).response?.release?.();
  }

  #unlink(head: Exchange): Exchange {
    this.#head = head.next;
    if (this.#head === null) this.#tail = null;
    this.#part = PREFIX;
    this.#offset = 0;
    this.length--;
    this.requestBytes -= head.requestBytes;
    this.memoryBytes -= head.memoryBytes;
    return head;
  }
}

const PREFIX = -1;
const PREFIX_BYTES = 4;
const INT32_MAX = 2 ** 31 - 1;
const NO_PARTS: readonly ResponsePart[] = [];
const prefixBytes = new Uint8Array(PREFIX_BYTES);

/** The array is reused by the next call. */
function lengthPrefix(length: number): Uint8Array {
  prefixBytes[0] = length >>> 24;
  prefixBytes[1] = length >>> 16;
  prefixBytes[2] = length >>> 8;
  prefixBytes[3] = length;
  return prefixBytes;
}

function partBytes(part: ResponsePart): number {
  return part instanceof FileSpan ? part.length : part.byteLength;
}

/** Copies what fits of `from` from `offset` on; returns the bytes copied. */
function copy(from: Uint8Array, offset: number, into: Uint8Array, at: number): number {
  const length = Math.min(from.byteLength - offset, into.byteLength - at);
  into.set(length === from.byteLength ? from : from.subarray(offset, offset + length), at);
  return length;
}
