import { assert } from "../base/assert.ts";
import { COMMAND, CONTROL_JSON_BYTES_MAX } from "../io/partition-messages.ts";
import type { ErrorCode } from "../protocol/error-codes.ts";
import type { LinkRequest, RequestPath } from "./requests.ts";

/** How a life-cycle step ended, with the worker's words for people. */
export interface ControlResult {
  readonly errorCode: ErrorCode;
  readonly message: string | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Opening, closing, deleting, configuring: rare, so they carry JSON. */
export class ControlRequest implements LinkRequest {
  readonly isControl = true;
  readonly #partitionIndex: number;
  readonly #kind: number;
  readonly #json: Uint8Array;
  readonly #resolve: (result: ControlResult) => void;

  constructor(partitionIndex: number, kind: number, body: unknown, resolve: (result: ControlResult) => void) {
    this.#partitionIndex = partitionIndex;
    this.#kind = kind;
    this.#json = encoder.encode(JSON.stringify(body));
    assert(this.#json.byteLength <= CONTROL_JSON_BYTES_MAX, "a control's JSON fits its limit");
    this.#resolve = resolve;
  }

  write({ commands }: RequestPath, requestId: number): boolean {
    const at = commands.claim(COMMAND.CONTROL, 16 + this.#json.byteLength);
    if (at < 0) return false;
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = this.#kind;
    commands.i32[i32 + 3] = this.#json.byteLength;
    commands.u8.set(this.#json, at + 16);
    return true;
  }

  complete({ completions }: RequestPath, at: number): void {
    const length = completions.i32[(at >> 2) + 3]!;
    const json = decoder.decode(completions.u8.slice(at + 16, at + 16 + length));
    this.#resolve({
      errorCode: completions.i32[(at >> 2) + 1] as ErrorCode,
      message: JSON.parse(json) as string | null,
    });
  }

  fail(errorCode: ErrorCode): void {
    this.#resolve({ errorCode, message: "its partition thread has stopped" });
  }
}
