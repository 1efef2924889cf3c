/** Why a broker did not start: one line for the operator, and the exit code of a command that wanted it. */
export interface StartFailure {
  readonly message: string;
  /** 1: the environment (disk, port); 2: what was asked for. */
  readonly exitCode: 1 | 2;
}
