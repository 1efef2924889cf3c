import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedInode } from "./simulated-inode.ts";

export type SimulatedNode = SimulatedInode | SimulatedDirectory;

/** A change of names that is not synced: what stands under each of the names afterwards (null: nothing). */
type NameChange = readonly (readonly [name: string, node: SimulatedNode | null])[];

/**
 * One simulated directory: the names that everybody sees, those that are surely on disk, and the changes in between. A
 * crash keeps any of them, except that one is lost with the earlier one of the same name. (Linux's journals promise
 * more, that none is kept whose predecessor is lost; POSIX does not.)
 */
export class SimulatedDirectory {
  readonly isDirectory = true;
  readonly entries = new Map<string, SimulatedNode>();
  #durable = new Map<string, SimulatedNode>();
  #changes: NameChange[] = [];

  change(...change: NameChange): void {
    this.#changes.push(change);
    applyNames(this.entries, change);
  }

  sync(): void {
    this.#durable = new Map(this.entries);
    this.#changes = [];
  }

  crashed(random: SeededRandom): SimulatedDirectory {
    const names = new Map(this.#durable);
    const isKind = random.oneIn(3);
    const lost = new Set<string>();
    for (const change of this.#changes) {
      const isDoomed = change.some(([name]) => lost.has(name));
      if (!isDoomed && (isKind || random.oneIn(2))) applyNames(names, change);
      else for (const [name] of change) lost.add(name);
    }
    const survivor = new SimulatedDirectory();
    for (const [name, node] of names) survivor.entries.set(name, node.crashed(random));
    survivor.sync();
    return survivor;
  }

  killed(): SimulatedDirectory {
    const twins = new Map<SimulatedNode, SimulatedNode>();
    const twin = (node: SimulatedNode | null): SimulatedNode | null => {
      if (node === null) return null;
      if (!twins.has(node)) twins.set(node, node.killed());
      return twins.get(node)!;
    };
    const survivor = new SimulatedDirectory();
    for (const [name, node] of this.entries) survivor.entries.set(name, twin(node)!);
    for (const [name, node] of this.#durable) survivor.#durable.set(name, twin(node)!);
    survivor.#changes = this.#changes.map((change) =>
      change.map(([name, node]) => [name, twin(node)] as const),
    );
    return survivor;
  }
}

function applyNames(names: Map<string, SimulatedNode>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === null) names.delete(name);
    else names.set(name, node);
  }
}
