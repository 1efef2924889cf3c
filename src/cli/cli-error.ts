/** Exit codes of every command. */
export const ExitCode = {
  OK: 0,
  /** What was asked for could not be done. */
  FAILED: 1,
  /** What was asked for makes no sense as it is written. */
  USAGE: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * A failure that a person caused or can mend. The message is one line: what happened, why, what to do. Thrown by
 * commands, printed and turned into the exit code by `main`.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(message, ExitCode.USAGE);
}

/** What a command had to say did not arrive. */
export function outputFailed(failure: unknown): CliError {
  return new CliError(
    `standard output cannot be written: ${systemErrorReason(failure)}; free space, or send it elsewhere`,
  );
}

/** For arguments: `reason` of a system error that people can read. */
export function systemErrorReason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOSPC":
      return "the disk is full";
    case "ENOTDIR":
      return "a part of the path is not a directory";
    case "EEXIST":
      return "there is a file of this name";
    case "EROFS":
      return "the file system is read-only";
    case "EISDIR":
      return "it is a directory";
    default:
      return String(code ?? message ?? error);
  }
}
