import type { Socket } from "bun";

/** A Bun socket; its types do not name the descriptor. Closed sockets have none: it may be another connection's. */
export type NetSocket<Data = unknown> = Socket<Data> & { readonly fd: number };
