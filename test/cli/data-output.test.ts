import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { type CliStream, DataOutput, OutputClosed } from "../../src/cli/cli-io.ts";

class SlowStream extends EventEmitter implements CliStream {
  written = 0;
  write(): boolean {
    this.written++;
    return false;
  }
}

test("write() waits while the reader is slow", async () => {
  const stream = new SlowStream();
  const output = new DataOutput(stream);
  let isDone = false;
  const writing = output.write("a").then(() => {
    isDone = true;
  });
  await Promise.resolve();
  expect([stream.written, isDone]).toEqual([1, false]);
  stream.emit("drain");
  await writing;
});

test("a reader that goes away ends the command quietly, also while it waits", async () => {
  const stream = new SlowStream();
  const output = new DataOutput(stream);
  const writing = output.write("a");
  stream.emit("error", Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
  await expect(writing).rejects.toBeInstanceOf(OutputClosed);
  await expect(output.write("b")).rejects.toBeInstanceOf(OutputClosed);
  expect(stream.written).toBe(1);
});

test("another failure of the output is one line for people", async () => {
  const stream = new SlowStream();
  const output = new DataOutput(stream);
  const failure = Object.assign(new Error("no space"), { code: "ENOSPC" });
  stream.emit("error", failure);
  await expect(output.write("a")).rejects.toThrow("standard output cannot be written: the disk is full");
});
