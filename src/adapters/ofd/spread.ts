/**
 * Adds `total` (may be negative) to the parts in proportion to them, to the last unit: what is left over by rounding goes
 * to the parts with the largest remainders, the first among equals. Null where a part would come to less than nothing.
 */
export function spread(total: number, parts: readonly number[]): readonly number[] | null {
  if (total === 0) return parts;
  const whole = parts.reduce((sum, part) => sum + BigInt(part), 0n);
  if (whole === 0n) return total < 0 ? null : parts.map((part, index) => (index === 0 ? part + total : part));
  if (-BigInt(total) > whole) return null;
  const size = BigInt(Math.abs(total));
  const shares = parts.map((part, index) => {
    const exact = size * BigInt(part);
    return { index, share: exact / whole, remainder: exact % whole };
  });
  let left = Number(size - shares.reduce((sum, { share }) => sum + share, 0n));
  const extra = new Set<number>();
  const byRemainder = [...shares].sort((a, b) => Number(b.remainder - a.remainder) || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left === 0) break;
    extra.add(index);
    left -= 1;
  }
  const sign = Math.sign(total);
  return parts.map((part, index) => {
    const share = Number(shares[index]?.share ?? 0n) + (extra.has(index) ? 1 : 0);
    return part + sign * share;
  });
}
