/**
 * What the code logs through. `event` is a stable code (kebab-case) that operators may search for; `fields` are
 * values, never formatted text from a client (the writer escapes). The writers (pino on the main thread, a relay in
 * workers) are made elsewhere and handed in.
 */
export interface Logger {
  debug(event: string, message: string, fields?: LogFields): void;
  info(event: string, message: string, fields?: LogFields): void;
  warn(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
