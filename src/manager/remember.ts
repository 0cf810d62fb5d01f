const ENTRIES_REMEMBERED = 100

/** Sets an entry of a bounded map: the oldest makes room. */
export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value)
  const [oldest = ''] = map.keys()
  if (map.size > ENTRIES_REMEMBERED) map.delete(oldest)
}
