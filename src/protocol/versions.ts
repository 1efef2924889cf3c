/**
 * Version ranges in Kafka's own notation: `"3+"` (3 and later), `"0-12"` (both ends included), `"7"`.
 */
export type VersionRange = `${number}+` | `${number}-${number}` | `${number}`;

/** A parsed range, both ends included; `to` may be {@link VERSION_MAX}. */
export interface Versions {
  readonly from: number;
  readonly to: number;
}

/** Versions are int16 on the wire. */
export const VERSION_MAX = 32_767;

/** Contains no version. */
export const NO_VERSIONS: Versions = { from: 1, to: 0 };

export function parseVersions(range: VersionRange): Versions {
  const [from, to] = range.endsWith("+") ? [range.slice(0, -1), String(VERSION_MAX)] : range.split("-");
  return { from: Number(from), to: Number(to ?? from) };
}

export function hasVersion(versions: Versions, version: number): boolean {
  return version >= versions.from && version <= versions.to;
}
