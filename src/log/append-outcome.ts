import { ErrorCode } from "../protocol/error-codes.ts";

/** What became of a batch that was offered to a log. One object per log, overwritten by the next batch. */
export interface AppendOutcome {
  errorCode: ErrorCode;
  /** -1 if refused. Of a duplicate: where it was appended first. */
  baseOffset: number;
  /** The batch is acknowledged when the synced offset (or, without sync, the end offset) is above this. */
  lastOffset: number;
  /** With `message.timestamp.type=LogAppendTime` the time that the batch got; else -1. */
  logAppendTimeMs: number;
  logStartOffset: number;
  /** The batch was in the log already; nothing is written. */
  duplicate: boolean;
  /** For the client, if refused. */
  message: string | null;
}

export function emptyOutcome(): AppendOutcome {
  return {
    errorCode: ErrorCode.NONE,
    baseOffset: -1,
    lastOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    duplicate: false,
    message: null,
  };
}
