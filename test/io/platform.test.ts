import { expect, test } from "vitest";
import { outputOf } from "./subprocess.ts";

const PROGRAM = `
  import { filesOfThisPlatform, usesPortableFiles } from "@io/files-of-this-platform.ts";
  import { sendFile, sendfileSupported, spanByte } from "@io/sendfile.ts";
  import { setThreadName, threadId } from "@io/thread.ts";
  import { setListenBacklog } from "@io/listen-backlog.ts";
  setThreadName("main");
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  console.log(JSON.stringify({
    files: filesOfThisPlatform().constructor.name,
    usesPortableFiles: usesPortableFiles(),
    sendfileSupported,
    sendFileErrno: sendFile(1, 999999, 0, 10),
    spanByte: spanByte(999999, 0),
    knowsItsThread: threadId() === process.pid,
    backlog: setListenBacklog(listener.fd, 4096),
  }));
  listener.stop(true);
`;

test.skipIf(process.platform !== "linux")("Linux's own calls serve where glibc is there", async () => {
  expect(JSON.parse(await outputOf(PROGRAM, { ODRADEK_PORTABLE_IO: "0" }))).toEqual({
    files: "LinuxFiles",
    usesPortableFiles: false,
    sendfileSupported: true,
    sendFileErrno: -9,
    spanByte: null,
    knowsItsThread: true,
    backlog: true,
  });
});

test("everything has an answer without glibc", async () => {
  expect(JSON.parse(await outputOf(PROGRAM, { ODRADEK_PORTABLE_IO: "1" }))).toEqual({
    files: "PortableFiles",
    usesPortableFiles: true,
    sendfileSupported: false,
    sendFileErrno: expect.any(Number),
    spanByte: null,
    knowsItsThread: false,
    backlog: false,
  });
});
