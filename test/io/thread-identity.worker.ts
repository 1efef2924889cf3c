import { setThreadName, threadId } from "../../src/io/thread.ts";

/** Names itself, then tells who it is, and stays. */
declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<{ name: string }>) => {
  setThreadName(data.name);
  self.postMessage({ threadId: threadId() });
};
