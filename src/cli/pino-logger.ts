import { styleText } from "node:util";
import pino from "pino";
import type { LogFields, Logger } from "../base/logger.ts";
import { escapeText } from "./escape-text.ts";
import type { LogLevel } from "./log-levels.ts";

export interface LogDestination {
  /** One line each, with its line break. */
  write(line: string): unknown;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** People read it: one short line each. Otherwise JSON lines for machines. */
  readonly isTerminal: boolean;
  readonly destination: LogDestination;
  readonly isColored?: boolean;
}

/**
 * The main thread's log writer: pino over `destination`. Every line carries its `event` code. Message and fields are
 * escaped here, whoever they came from.
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.isTerminal ? humanDestination(options) : options.destination;
  const writer = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const log =
    (level: LogLevel) =>
    (event: string, message: string, fields: LogFields = {}): void =>
      writer[level]({ event, ...escapeFields(fields) }, escapeText(message));
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** A field may not pose as one of the line's own. */
const OWN_KEYS: ReadonlySet<string> = new Set(["level", "time", "event", "message"]);

function escapeFields(fields: LogFields): LogFields {
  const entries = Object.entries(fields).map(([key, value]) => [
    OWN_KEYS.has(key) ? `${key}_` : key,
    typeof value === "string" ? escapeText(value) : value,
  ]);
  return Object.fromEntries(entries) as LogFields;
}

/** `14:03:07 WARN partition-offline orders-0 could not be opened partition=orders-0` */
function humanDestination({ destination, isColored = false }: LoggerOptions): LogDestination {
  return {
    write: (line) => {
      const { level, time, event, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const clock = new Date(String(time)).toTimeString().slice(0, 8);
      const label = String(level).toUpperCase().padEnd(5);
      const words = [clock, isColored ? styleText(LEVEL_STYLES[level as LogLevel], label) : label, message];
      for (const [key, value] of Object.entries(fields)) words.push(`${key}=${quoteIfNeeded(value)}`);
      destination.write(`${[...words, `[${event}]`].join(" ")}\n`);
    },
  };
}

const LEVEL_STYLES = { debug: "dim", info: "green", warn: "yellow", error: "red" } as const;

function quoteIfNeeded(value: unknown): string {
  const text = String(value);
  return typeof value !== "string" || /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
