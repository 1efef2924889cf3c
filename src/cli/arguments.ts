import { InvalidArgumentError } from "commander";
import { type ListenerAddress, parseHostPort } from "../config/listener-address.ts";

/** Parsers of option values. They throw commander's error, which becomes one line and exit code 2. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** `key=value`; the value may be empty and may hold further `=`. */
export function keyValue(text: string): KeyValue {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("It must look like key=value.");
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

/** For repeatable options: adds to what was there. */
export function repeated<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before) => [...(before ?? []), parse(text)];
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** `host:port`, `:port` or `port`. */
export function listenAddress(text: string): ListenerAddress {
  const address = parseHostPort(text);
  if (address === null)
    throw new InvalidArgumentError("It must look like host:port or port, with a port up to 65535.");
  return address;
}

/** `host:port`, several with commas; the port defaults to 9092. */
export function bootstrapServers(text: string): ListenerAddress[] {
  return text.split(",").map((part) => {
    const server = part.trim();
    const isBareHost = /^[^:\s]+$/.test(server) && !/^\d+$/.test(server);
    const address = parseHostPort(isBareHost ? `${server}:${DEFAULT_PORT}` : server);
    if (address === null || address.port === 0)
      throw new InvalidArgumentError("It must look like host:port[,host:port].");
    return { host: address.host || "127.0.0.1", port: address.port };
  });
}

export const DEFAULT_PORT = 9092;
export const DEFAULT_BOOTSTRAP_SERVER = `127.0.0.1:${DEFAULT_PORT}`;
