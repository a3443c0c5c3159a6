/** Makes something at the first call and keeps it for the life of the container; a failure is not kept. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
