/** A cookie as the request's header has it: neither name nor value is decoded. */
export interface Cookie {
  readonly name: string
  readonly value: string
}

/** What becomes of a cookie, by its decoded name: a value, or its end. */
export type Changes = ReadonlyMap<string, string | null>

/** The cookies of a `Cookie` header (RFC 6265, section 4.2.1) in their order: of several with one name, longer paths come first. */
export function parseCookies(header: string | null): Cookie[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0
        ? { name: '', value: pair }
        : { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim() }
    })
}

/** The header with the changes made, each name at most once; all other cookies stay as they are, byte for byte. */
export function changeCookies(header: string | null, changes: Changes): string {
  const others = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair && !changes.has(decodeName(pair.split('=', 1)[0] ?? '')))
  const changed = [...changes].flatMap(([name, value]) =>
    value === null ? [] : [`${encodeName(name)}=${encodeValue(value)}`],
  )
  return [...others, ...changed].join('; ')
}

/** As js-cookie writes names, which Amplify uses in browsers: what is not allowed in a name is escaped, brackets included. */
export function encodeName(name: string): string {
  return encodeURIComponent(name)
    .replace(/%(?:2[346B]|5E|60|7C)/g, decodeURIComponent)
    .replace(/[()]/g, (bracket) => (bracket === '(' ? '%28' : '%29'))
}

export function decodeName(name: string): string {
  return decode(name.trim())
}

/** As js-cookie writes values. */
export function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2[346BF]|3[AC-F]|40|5[BDE]|60|7[BCD])/g, decodeURIComponent)
}

/** A value may be quoted (RFC 6265, section 4.1.1). */
export function decodeValue(value: string): string {
  return decode(value.replace(/^"(.*)"$/, '$1'))
}

/** Somebody else's cookies may be encoded in another way, or not at all. */
function decode(text: string): string {
  try {
    // Tokens are long, and are not encoded.
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    return text
  }
}
