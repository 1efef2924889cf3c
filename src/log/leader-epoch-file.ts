import { fail, ok, type Result } from "../base/result.ts";
import type { Offset } from "../base/units.ts";
import { formatCheckpoint, parseCheckpoint } from "../io/checkpoint-file.ts";
import type { Files } from "../io/files.ts";
import { LEADER_EPOCH_FILE } from "./file-names.ts";
import { LeaderEpochs } from "./leader-epochs.ts";
import { replaceFile } from "./replace-file.ts";

/** `leader-epoch-checkpoint`: Kafka's checkpoint text with the lines `epoch startOffset`. */
export function formatLeaderEpochs(epochs: LeaderEpochs): Uint8Array {
  return new TextEncoder().encode(
    formatCheckpoint(epochs.entries.map(({ epoch, startOffset }) => [epoch, startOffset])),
  );
}

export function parseLeaderEpochs(content: Uint8Array): Result<LeaderEpochs, string> {
  const parsed = parseCheckpoint(new TextDecoder().decode(content), 2);
  if (!parsed.ok) return parsed;
  const epochs = new LeaderEpochs();
  let lastStart = -1;
  for (const [first, second] of parsed.value) {
    const epoch = Number(first);
    const startOffset = Number(second);
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(startOffset))
      return fail("a line is no number");
    if (epoch <= epochs.latest || startOffset <= lastStart) return fail("its lines do not increase");
    epochs.assign(epoch, startOffset as Offset);
    lastStart = startOffset;
  }
  return ok(epochs);
}

/** Durable when it returns. Blocks; never on the request path. */
export function saveLeaderEpochs(files: Files, directory: string, epochs: LeaderEpochs): void {
  replaceFile(files, directory, LEADER_EPOCH_FILE, formatLeaderEpochs(epochs));
}
