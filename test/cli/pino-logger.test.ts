import { expect, test } from "vitest";
import { escapeText, LOG_TEXT_CHARS_MAX } from "../../src/cli/escape-text.ts";
import { createLogger, type LoggerOptions } from "../../src/cli/pino-logger.ts";

function kept(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return { lines, logger: createLogger({ level: "info", isTerminal: false, destination, ...options }) };
}

test("for machines, each line is JSON with its event code", () => {
  const { lines, logger } = kept();
  logger.warn("partition-offline", "orders-0 could not be opened", { partition: "orders-0", attempts: 2 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    event: "partition-offline",
    partition: "orders-0",
    attempts: 2,
    message: "orders-0 could not be opened",
  });
});

test("for people, each line is short, and names the event code last", () => {
  const { lines, logger } = kept({ isTerminal: true });
  logger.warn("partition-offline", "orders-0 could not be opened", { path: "/a b", attempts: 2 });
  expect(lines).toEqual([
    expect.stringMatching(
      /^\d\d:\d\d:\d\d WARN {2}orders-0 could not be opened path="\/a b" attempts=2 \[partition-offline\]\n$/,
    ),
  ]);
});

test("lines below the level are not written", () => {
  const { lines, logger } = kept({ level: "warn" });
  logger.info("a", "a");
  logger.debug("b", "b");
  logger.error("c", "c");
  expect(lines).toHaveLength(1);
});

test.each([true, false])(
  "a client's text cannot forge a line or reach the terminal (terminal: %s)",
  (isTerminal) => {
    const { lines, logger } = kept({ isTerminal });
    const evil = "x\n12:00:00 ERROR fake\u001b[2J\u009b31m\u202e\u2028";
    logger.info("refused", `client said ${evil}`, { clientId: evil, event: "forged", level: "forged" });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(lines[0]).toContain("event_");
  },
);

test("text is escaped visibly, and cut at its limit", () => {
  expect(escapeText("a\tb\u200b é \ud800")).toBe("a\\x09b\\u{200b} é \ufffd");
  expect(escapeText("x".repeat(LOG_TEXT_CHARS_MAX + 1))).toBe(`${"x".repeat(LOG_TEXT_CHARS_MAX)}…`);
});
