import type { Logger } from "../base/logger.ts";
import type { CloseCause, RefusalCause } from "./net-counters.ts";
import { CLOSE_LOG_LINES_MAX } from "./net-limits.ts";

/** Ends that are nobody's fault are for debugging; a failed file or a bug of ours is an error; the rest warns. */
const LEVELS: Record<CloseCause, "debug" | "warn" | "error"> = {
  "peer-closed": "debug",
  "peer-reset": "debug",
  idle: "debug",
  drained: "debug",
  "drain-timeout": "debug",
  malformed: "warn",
  "dispatch-failed": "warn",
  "handshake-timeout": "warn",
  "partial-frame-timeout": "warn",
  "write-stalled": "warn",
  "request-memory": "warn",
  "response-memory": "warn",
  "span-failed": "error",
  "internal-error": "error",
};

/**
 * One line for each connection that was closed or refused, up to {@link CLOSE_LOG_LINES_MAX} per sweep, so that hostile
 * clients cannot fill the log; the others are summed up. One per listener, main thread.
 */
export class CloseLog {
  readonly #logger: Logger;
  #lines = 0;
  #suppressed = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  closed(peer: string, cause: CloseCause, reason: string): void {
    const level = LEVELS[cause];
    if (level === "warn" && !this.#mayLog()) return;
    this.#logger[level]("connection-closed", "connection closed", { peer, cause, reason });
  }

  /** A bug of ours in the handling of a connection that is closed already: a response that cannot be released. */
  failed(peer: string, reason: string): void {
    this.#logger.error("connection-failed", "internal error after a connection was closed", { peer, reason });
  }

  refused(address: string, cause: RefusalCause): void {
    if (!this.#mayLog()) return;
    this.#logger.warn("connection-refused", "connection refused: a limit is reached", { address, cause });
  }

  sweep(): void {
    if (this.#suppressed > 0) {
      this.#logger.warn("connections-closed", "more connections were closed or refused", {
        count: this.#suppressed,
      });
    }
    this.#lines = 0;
    this.#suppressed = 0;
  }

  #mayLog(): boolean {
    if (this.#lines < CLOSE_LOG_LINES_MAX) {
      this.#lines++;
      return true;
    }
    this.#suppressed++;
    return false;
  }
}
