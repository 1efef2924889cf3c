import type { LogFields, Logger } from "../../src/base/logger.ts";

export interface RecordingLogger extends Logger {
  /** Event codes in order. */
  readonly events: string[];
  readonly lines: { readonly event: string; readonly message: string; readonly fields: LogFields }[];
}

/** Keeps what is logged, for assertions. */
export function recordingLogger(): RecordingLogger {
  const events: string[] = [];
  const lines: { event: string; message: string; fields: LogFields }[] = [];
  const record = (event: string, message: string, fields: LogFields = {}): void => {
    events.push(event);
    lines.push({ event, message, fields });
  };
  return { events, lines, debug: record, info: record, warn: record, error: record };
}
