import type { CliIo } from "./cli-io.ts";
import type { OutputFormat } from "./output-formats.ts";
export interface DumpLogOptions {
  readonly records?: boolean;
  readonly format: OutputFormat;
}
export async function runDumpLog(file: string, _o: DumpLogOptions, io: CliIo): Promise<void> {
  io.stdout.write(file);
}
