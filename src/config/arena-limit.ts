/**
 * A batch is written from its partition's arena. Half of it, so that a second batch can arrive while the first is on its
 * way to disk. `null` when `maxMessageBytes` keeps the rule; else the sentence for whoever set it. Pure.
 */
export function arenaError(name: string, maxMessageBytes: number, arenaBytes: number): string | null {
  if (maxMessageBytes <= arenaBytes / 2) return null;
  return (
    `${name}=${maxMessageBytes} is more than half of partition.arena.bytes=${arenaBytes}: a batch must fit the ` +
    `memory that its partition is written from. Lower ${name} to at most ${Math.floor(arenaBytes / 2)}, or raise ` +
    `partition.arena.bytes to at least ${maxMessageBytes * 2}`
  );
}
