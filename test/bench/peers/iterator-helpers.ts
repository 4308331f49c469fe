// The iterator helpers that jax-js calls, for Node 20, which has none. Imported before the library.

interface Helpers {
  map?: (this: Iterable<unknown>, transform: (value: unknown, index: number) => unknown) => IterableIterator<unknown>;
  filter?: (this: Iterable<unknown>, keep: (value: unknown, index: number) => boolean) => IterableIterator<unknown>;
}

const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as Helpers;

prototype.map ??= function* (transform) {
  let index = 0;
  for (const value of this) yield transform(value, index++);
};
prototype.filter ??= function* (keep) {
  let index = 0;
  for (const value of this) if (keep(value, index++)) yield value;
};
