// How long the parts of an input may stay: HF's `truncation=True`, that is longest_first.

/**
 * Lengths of a text and its pair that together have at most `budget` tokens. Only the longer one is cut while it is
 * the longer one; if both must be cut they share the budget, an odd token going to the longer one (the pair, if equal).
 */
export function truncatedLengths(text: number, pair: number, budget: number): [text: number, pair: number] {
  if (text + pair <= budget) return [text, pair];
  const shorter = Math.min(text, pair);
  const half = Math.floor(budget / 2);
  const [low, high] = shorter <= half ? [shorter, budget - shorter] : [half, budget - half];
  return text > pair ? [high, low] : [low, high];
}
