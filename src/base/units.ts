/**
 * Branded numbers: an `Offset` is not a `FilePosition`. All are safe integers (below 2^53); the protocol's int64
 * values saturate to that range when decoded.
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Position of a record in its partition, counted in records. -1 stands for "none" where Kafka does the same. */
export type Offset = Unit<"Offset">;
/** Position of a byte in a file. */
export type FilePosition = Unit<"FilePosition">;
/** An open file descriptor of this process. */
export type FileDescriptor = Unit<"FileDescriptor">;

export const NO_OFFSET = -1 as Offset;
