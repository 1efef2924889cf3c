import { InvalidArgumentError } from "commander";
import { fail, ok, type Result } from "../base/result.ts";

/** Where reading begins, as `-o` says it; the same for every partition. */
export type StartSpec =
  | { readonly kind: "beginning" }
  | { readonly kind: "end" }
  | { readonly kind: "offset"; readonly offset: number }
  /** The last `count` records of each partition. */
  | { readonly kind: "last"; readonly count: number };

/** `beginning`, `end`, an offset, or `-N`. Throws commander's error. */
export function parseStart(text: string): StartSpec {
  if (text === "beginning" || text === "end") return { kind: text };
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number))
    throw new InvalidArgumentError("It must be beginning, end, an offset, or -N for the last N.");
  return text.startsWith("-") ? { kind: "last", count: -number } : { kind: "offset", offset: number };
}

/** What a partition holds: offsets from `start` up to, and without, `end`. */
export interface LogRange {
  readonly start: number;
  readonly end: number;
}

/** The first offset to read of a partition. An offset that the log does not have is an error that says what it has. */
export function firstOffset(spec: StartSpec, { start, end }: LogRange): Result<number, string> {
  switch (spec.kind) {
    case "beginning":
      return ok(start);
    case "end":
      return ok(end);
    case "last":
      return ok(Math.max(start, end - spec.count));
    case "offset": {
      if (spec.offset >= start && spec.offset <= end) return ok(spec.offset);
      return fail(
        start === end ? `it is empty, and its next offset is ${end}` : `it holds ${start} to ${end - 1}`,
      );
    }
  }
}
