const PREFIX = 'amplify-bearer/testing'

/** What a wrong option is answered with: its name, what was given, what is wanted. */
export function wrongOption(name: string, given: unknown, wanted: string): TypeError {
  return new TypeError(`${PREFIX}: ${name} is ${describe(given)}; it must be ${wanted}`)
}

/** @throws TypeError unless the value is a finite number from `minimum` to `maximum` */
export function checkNumber(
  name: string,
  value: unknown,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum) return
  const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`
  throw wrongOption(name, value, `a number ${range}`)
}

/** @throws TypeError unless the value is a string that matches */
export function checkString(name: string, value: unknown, pattern: RegExp, wanted: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw wrongOption(name, value, wanted)
}

/** @throws TypeError unless the value is an object with no other keys than these: a misspelt option must not pass */
export function checkKeys(name: string, value: unknown, known: readonly string[]): void {
  if (!isRecord(value)) throw wrongOption(name, value, 'an object')
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new TypeError(`${PREFIX}: ${name} has no '${unknown}'; it knows ${known.join(', ')}`)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an error may show it; objects by kind only, as they may hold a password. */
function describe(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`
  if (Array.isArray(given)) return given.length > 0 ? 'an array' : 'an empty array'
  if (typeof given === 'function') return 'a function'
  return typeof given === 'object' && given !== null ? 'an object' : String(given)
}
