import { expect, test } from "vitest";
import { bootstrapServers, keyValue, listenAddress, repeated, wholeNumber } from "../../src/cli/arguments.ts";
import { unescapeArgument } from "../../src/cli/text-escapes.ts";

test.each([
  ["localhost", [{ host: "localhost", port: 9092 }]],
  ["broker:29092", [{ host: "broker", port: 29092 }]],
  [":9093", [{ host: "127.0.0.1", port: 9093 }]],
  [
    "a:1, b:2",
    [
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ],
  ],
  ["[::1]:9092", [{ host: "::1", port: 9092 }]],
])("-b %s", (text, servers) => {
  expect(bootstrapServers(text)).toEqual(servers);
});

test.each(["", "a:0", "a:65536", "a:b", "a,,b", "::1"])("-b %j is refused", (text) => {
  expect(() => bootstrapServers(text)).toThrow("must look like host:port");
});

test("a listener's address may leave the host out", () => {
  expect(listenAddress("9092")).toEqual({ host: "", port: 9092 });
  expect(listenAddress("0.0.0.0:0")).toEqual({ host: "0.0.0.0", port: 0 });
  expect(() => listenAddress("localhost")).toThrow("must look like host:port");
});

test("key=value keeps further equals signs and an empty value", () => {
  expect(keyValue("a=b=c")).toEqual({ key: "a", value: "b=c" });
  expect(keyValue("a=")).toEqual({ key: "a", value: "" });
  expect(() => keyValue("a")).toThrow("key=value");
  expect(() => keyValue("=a")).toThrow("key=value");
});

test("repeated options add up", () => {
  const parse = repeated(keyValue);
  expect(parse("b=2", parse("a=1", undefined))).toEqual([
    { key: "a", value: "1" },
    { key: "b", value: "2" },
  ]);
});

test.each(["-1", "1.5", "x", "", "11", "1e1", "0x1"])("%j is no whole number from 0 to 10", (text) => {
  expect(() => wholeNumber(0, 10)(text)).toThrow("whole number from 0 to 10");
});

test("escapes that shells pass on are undone, and unknown ones are refused", () => {
  expect(unescapeArgument("a\\tb\\n\\x3a\\\\")).toBe("a\tb\n:\\");
  expect(() => unescapeArgument("\\q")).toThrow("unknown escape '\\q'");
  expect(() => unescapeArgument("a\\")).toThrow("unknown escape");
});
