/** Chance, passed in, so that names, jitter and picks are repeatable in tests. */
export interface Rng {
  /** A number in [0, 1). */
  next(): number
}

export const systemRng: Rng = { next: Math.random }

/** mulberry32: small, fast, and the same sequence for the same seed everywhere. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let t = state
      t = Math.imul(t ^ (t >>> 15), t | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    },
  }
}

// The characters of k8s.io/apimachinery/pkg/util/rand: no vowels and no look-alikes, so that no word comes out.
const suffixCharacters = 'bcdfghjklmnpqrstvwxz2456789'

/** `length` characters as upstream appends to `generateName` and to the names of pods. */
export function randomSuffix(rng: Rng, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += suffixCharacters[Math.floor(rng.next() * suffixCharacters.length)]
  return suffix
}
