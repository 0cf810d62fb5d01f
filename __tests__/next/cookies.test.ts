/** @jest-environment jest-fixed-jsdom */
import fc from 'fast-check'
import {
  changeCookies,
  decodeName,
  decodeValue,
  encodeName,
  encodeValue,
  parseCookies,
} from '../../src/next/cookies.js'

interface JsCookie {
  set(name: string, value: string): string | undefined
  get(name: string): string | undefined
  remove(name: string): void
}
/** What Amplify writes its cookies with in browsers. */
const jsCookie = jest.requireActual<JsCookie>('js-cookie')

/** Any string that can be encoded: no half of a surrogate pair. */
const text = fc.string({ unit: 'grapheme', minLength: 1 })
const NAMES = [
  'alice',
  'a.b@example.com',
  'josé',
  '日本',
  'a;=b',
  '50%40',
  'bob(x)',
  'bob[x]',
  ' ',
  '"',
  "~!*'`|^",
]

describe('names and values are written as js-cookie does:', () => {
  test.each(NAMES)('%s', (name) => {
    expect(`${encodeName(name)}=${encodeValue(name)}; path=/`).toBe(jsCookie.set(name, name))
    jsCookie.remove(name)
  })

  test('any', () => {
    fc.assert(
      fc.property(text, text, (name, value) => {
        expect(`${encodeName(name)}=${encodeValue(value)}; path=/`).toBe(jsCookie.set(name, value))
        jsCookie.remove(name)
      }),
    )
  })

  test('and read again, by either', () => {
    fc.assert(
      fc.property(text, text, (name, value) => {
        const prefixed = `n${name}`
        document.cookie = `${encodeName(prefixed)}=${encodeValue(value)}`
        expect(jsCookie.get(prefixed)).toBe(value)
        const [cookie] = parseCookies(document.cookie)
        expect([decodeName(cookie?.name ?? ''), decodeValue(cookie?.value ?? '')]).toEqual([prefixed, value])
        jsCookie.remove(prefixed)
      }),
    )
  })
})

test.each<[string | null, [string, string][]]>([
  [null, []],
  ['', []],
  [' ; ;', []],
  [
    'a=1; b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a=1;b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a=1; a=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  ['a=b=c', [['a', 'b=c']]],
  ['flag', [['', 'flag']]],
  ['=odd', [['', 'odd']]],
  ['a=', [['a', '']]],
  ['q="x y"', [['q', '"x y"']]],
  ['a%40b=%E0%A4%A', [['a%40b', '%E0%A4%A']]],
  [' a = 1 ', [['a', '1']]],
])('%s is read', (header, cookies) => {
  expect(parseCookies(header).map(({ name, value }) => [name, value])).toEqual(cookies)
})

test('what is encoded in another way, or not at all, is left as it is', () => {
  expect(decodeName('%E0%A4%A')).toBe('%E0%A4%A')
  expect(decodeValue('100%')).toBe('100%')
  expect(decodeValue('"quoted"')).toBe('quoted')
  expect(decodeValue('"')).toBe('"')
})

describe('a header is changed', () => {
  const FOREIGN = 'theme=dark; flag; =odd; q="a; q2=b"; broken=%E0%A4%A; a=1; a=2; sp ace=x y; empty='

  test('without touching what is not meant', () => {
    expect(changeCookies(FOREIGN, new Map())).toBe(FOREIGN)
    expect(changeCookies(FOREIGN, new Map([['none', null]]))).toBe(FOREIGN)
    expect(changeCookies(FOREIGN, new Map([['new', '1']]))).toBe(`${FOREIGN}; new=1`)
  })

  test.each<[string | null, [string, string | null][], string]>([
    [null, [['a', '1']], 'a=1'],
    ['a=1', [['a', null]], ''],
    ['a=1; b=2; a=3', [['a', '4']], 'b=2; a=4'],
    ['a%40b=1; c=2', [['a@b', '3']], 'c=2; a%40b=3'],
    ['a@b=1; a%40b=2; A@B=3', [['a@b', null]], 'A@B=3'],
    ['bob(x)=1', [['bob(x)', '2']], 'bob%28x%29=2'],
    ['ab=1; a=2', [['a', null]], 'ab=1'],
    ['a =1; b=2', [['a', null]], 'b=2'],
  ])('%s: %o', (header, changes, changed) => {
    expect(changeCookies(header, new Map(changes))).toBe(changed)
  })

  test('by any name and to any value, which is there once then, beside all others in their order', () => {
    const pair = fc.constantFrom('a=1', 'b', '=c', 'd="e"', 'f=%', 'n=0', 'g h=i')
    fc.assert(
      fc.property(fc.array(pair), text, fc.option(text), (pairs, name, value) => {
        fc.pre(pairs.every((other) => decodeName(other.split('=', 1)[0] ?? '') !== name))
        const header = [...pairs, `${encodeName(name)}=old`, ...pairs].join('; ')
        const added = value === null ? [] : [`${encodeName(name)}=${encodeValue(value)}`]
        expect(changeCookies(header, new Map([[name, value]]))).toBe(
          [...pairs, ...pairs, ...added].join('; '),
        )
      }),
    )
  })
})
