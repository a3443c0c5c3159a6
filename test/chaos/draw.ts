import { createHash } from 'node:crypto';

/** Says for each thing a number from 0 up to, not including, 1: the same seed, the same number, in whatever order they are asked. */
export type Draw = (thing: string) => number;

export function drawFrom(seed: number): Draw {
  return (thing) => createHash('sha256').update(`${seed}:${thing}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** A whole number between the two, both included. */
export function between(draw: Draw, thing: string, least: number, most: number): number {
  return least + Math.floor(draw(thing) * (most - least + 1));
}

/** The same things in another order, which the seed decides. */
export function shuffled<T>(things: readonly T[], draw: Draw, nameOf: (thing: T) => string): T[] {
  return things
    .map((thing) => ({ thing, at: draw(`order of ${nameOf(thing)}`) }))
    .sort((one, other) => one.at - other.at)
    .map(({ thing }) => thing);
}
