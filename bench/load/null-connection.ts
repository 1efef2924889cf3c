import { readInt32, writeInt32 } from "../../src/protocol/big-endian.ts";
import type { NullAnswers } from "./null-answers.ts";

/** Enough for every byte of a produce request before its records. */
const HEAD_BYTES = 256;
/** Of the length prefix, the API key and its version. */
const CORRELATION_ID_AT = 8;
const CORRELATION_ID_END = 12;
const FRAME_BYTES_MAX = 64 << 20;
const TEMPLATES_MAX = 64;
/** Length and correlation id of an answer. */
const ANSWER_HEAD_BYTES = 8;
const COPIED_BYTES_MAX = 4096;

/** A request that came before, and its answer. */
interface Template {
  readonly frameBytes: number;
  readonly prefix: Uint8Array;
  readonly answer: Uint8Array | null;
}

/**
 * One connection of the null server: cuts requests out of the stream and skips the records of those which it has seen
 * before, so that a byte taken in costs the kernel's copy and nothing else.
 */
export class NullConnection {
  readonly #answers: NullAnswers;
  readonly #templates: Template[] = [];
  #expected = 0;
  /** The start of a request that is not understood yet. */
  #carry: Uint8Array = EMPTY;
  /** Bytes that are still to come of a request whose answer is known. */
  #skip = 0;
  #skipped: Uint8Array[] = [];

  constructor(answers: NullAnswers) {
    this.#answers = answers;
  }

  /** What has to be written now. Null: the connection is to end. */
  push(chunk: Uint8Array): Uint8Array[] | null {
    const output: Uint8Array[] = [];
    let bytes = chunk;
    let at = 0;
    if (this.#skip > 0) {
      at = Math.min(this.#skip, chunk.byteLength);
      this.#skip -= at;
      if (this.#skip > 0) return output;
      output.push(...this.#skipped);
    } else if (this.#carry.byteLength > 0) {
      bytes = Buffer.concat([this.#carry, chunk]);
      this.#carry = EMPTY;
    }
    while (at < bytes.byteLength) {
      const rest = bytes.byteLength - at;
      const frameBytes = rest < 4 ? HEAD_BYTES : 4 + readInt32(bytes, at);
      if (frameBytes > FRAME_BYTES_MAX || frameBytes < CORRELATION_ID_END) return null;
      if (rest < Math.min(frameBytes, HEAD_BYTES)) break;
      const template = this.#match(bytes, at, frameBytes);
      if (template !== null && rest < frameBytes) {
        this.#skip = frameBytes - rest;
        this.#skipped = stamped(template.answer, bytes, at);
        return output;
      }
      if (rest < frameBytes) break;
      if (template !== null) output.push(...stamped(template.answer, bytes, at));
      else {
        const answer = this.#answers.answer(bytes.subarray(at, at + frameBytes));
        if (answer === null) return null;
        output.push(...stamped(answer.bytes, bytes, at));
        if (answer.prefixBytes > CORRELATION_ID_END && answer.prefixBytes <= HEAD_BYTES)
          this.#remember(bytes.slice(at, at + answer.prefixBytes), frameBytes, answer.bytes);
      }
      at += frameBytes;
    }
    if (at < bytes.byteLength) this.#carry = bytes.subarray(at);
    return output;
  }

  #remember(prefix: Uint8Array, frameBytes: number, answer: Uint8Array | null): void {
    if (this.#templates.length < TEMPLATES_MAX) this.#templates.push({ frameBytes, prefix, answer });
  }

  /** Requests come in turn: the one behind the last match is tried first. */
  #match(bytes: Uint8Array, at: number, frameBytes: number): Template | null {
    const { length } = this.#templates;
    for (let tried = 0; tried < length; tried++) {
      const index = (this.#expected + tried) % length;
      const template = this.#templates[index]!;
      if (template.frameBytes === frameBytes && startsWith(bytes, at, template.prefix)) {
        this.#expected = index + 1;
        return template;
      }
    }
    return null;
  }
}

const EMPTY = new Uint8Array(0);

function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let index = prefix.byteLength - 1; index >= 4; index--) {
    if (index >= CORRELATION_ID_AT && index < CORRELATION_ID_END) continue;
    if (bytes[at + index] !== prefix[index]) return false;
  }
  return true;
}

/** The answer for the request that stands at `at`. Of a large one only the start is copied, the rest goes out as it is. */
function stamped(answer: Uint8Array | null, bytes: Uint8Array, at: number): Uint8Array[] {
  if (answer === null) return [];
  const copyBytes = answer.byteLength > COPIED_BYTES_MAX ? ANSWER_HEAD_BYTES : answer.byteLength;
  const copy = answer.slice(0, copyBytes);
  writeInt32(copy, 4, readInt32(bytes, at + CORRELATION_ID_AT));
  return copyBytes === answer.byteLength ? [copy] : [copy, answer.subarray(copyBytes)];
}
