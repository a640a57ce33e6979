/** The same question again is answered from memory: codes that come together are mostly of few goods. */
export function remembered<V>(read: (key: string) => V): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    const value = known.get(key) ?? read(key);
    known.set(key, value);
    return value;
  };
}
