import { assert } from "../../src/base/assert.ts";

/** Every subset of the columns is tried. */
const COLUMNS_MAX = 8;
/** Of a pivot, relative to its column's scale: below it the columns say the same. */
const PIVOT_MIN = 1e-10;

/**
 * The `x >= 0` that minimises `|rows · x - values|`, each row first divided by `scales[i]`. Exact: an optimum is the
 * plain least-squares solution of some subset of the columns with the others at zero, so all subsets are solved and the
 * best one without a negative is taken. Columns that say the same share nothing: one of them gets all.
 */
export function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  values: readonly number[],
  scales: readonly number[] = values.map(() => 1),
): number[] {
  const columns = rows[0]?.length ?? 0;
  assert(columns > 0 && columns <= COLUMNS_MAX, "a fit has one to eight columns");
  assert(rows.length === values.length && rows.length === scales.length, "a value and a scale for each row");
  const scaled = rows.map((row, index) => row.map((value) => value / scales[index]!));
  const target = values.map((value, index) => value / scales[index]!);
  // Columns of length one, so that pivots can be compared.
  const lengths = Array.from({ length: columns }, (_, column) =>
    Math.hypot(...scaled.map((row) => row[column]!)),
  );
  const normed = scaled.map((row) => row.map((value, column) => value / (lengths[column]! || 1)));
  let best = new Array<number>(columns).fill(0);
  let bestError = squaredError(normed, best, target);
  for (let subset = 1; subset < 1 << columns; subset++) {
    const chosen = Array.from({ length: columns }, (_, column) => column).filter((c) => (subset >> c) & 1);
    const solution = solveFor(normed, target, chosen);
    if (solution === null || solution.some((value) => value < 0)) continue;
    const x = new Array<number>(columns).fill(0);
    for (const [index, column] of chosen.entries()) x[column] = solution[index]!;
    const error = squaredError(normed, x, target);
    if (error < bestError) [best, bestError] = [x, error];
  }
  return best.map((value, column) => value / (lengths[column]! || 1));
}

function squaredError(
  rows: readonly (readonly number[])[],
  x: readonly number[],
  target: readonly number[],
): number {
  return rows.reduce((sum, row, index) => sum + (dot(row, x) - target[index]!) ** 2, 0);
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}

/** Normal equations by elimination; null when the columns depend on each other. */
function solveFor(
  rows: readonly (readonly number[])[],
  target: readonly number[],
  chosen: readonly number[],
): number[] | null {
  const matrix = chosen.map((a) => [
    ...chosen.map((b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, 0)),
    rows.reduce((sum, row, index) => sum + row[a]! * target[index]!, 0),
  ]);
  const size = chosen.length;
  for (let step = 0; step < size; step++) {
    let pivot = step;
    for (let row = step + 1; row < size; row++) {
      if (Math.abs(matrix[row]![step]!) > Math.abs(matrix[pivot]![step]!)) pivot = row;
    }
    [matrix[step], matrix[pivot]] = [matrix[pivot]!, matrix[step]!];
    const lead = matrix[step]!;
    if (Math.abs(lead[step]!) < PIVOT_MIN) return null;
    for (const [index, row] of matrix.entries()) {
      if (index === step) continue;
      const factor = row[step]! / lead[step]!;
      for (let column = step; column <= size; column++) row[column]! -= factor * lead[column]!;
    }
  }
  return matrix.map((row, index) => row[size]! / row[index]!);
}
