import fc from 'fast-check'
import { isSecure, originOf } from '../../src/http/origin.js'

/** Where the platform would send a request for it; nothing if it would refuse. */
function platformOrigin(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

const IP = /\/\/(\[|[\d.]+(:|$))/

const anyOf = (...lists: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...lists.flatMap((list) => list.split(' ')))

/** Mostly the first; otherwise what makes URL parsers disagree. */
const mostly = (usual: fc.Arbitrary<string>, ...unusual: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: usual }, fc.constantFrom(...unusual))

const host = fc.oneof(
  anyOf(
    'api.example.com API.Example.COM api.example.com. .api.example.com api..example.com api_x.example.com -a.example',
    'api.example.com\\@evil.example api.example.com\\.evil.example api.example.com%2eevil.example a%20b a%41 * ',
    '127.0.0.1 127.1 0x7f.1 2130706433 0177.0.0.1 1.2.3 256.256.256.256 1.2.3.4.5 09 0x 1e3 a.1 1.',
    '[::1] [::0001] [::ffff:127.0.0.1] [::1 [fe80::1%25eth0] [::G] [1] [A::B] localhost LOCALHOST a.localhost',
    'xn--bcher-kva.example xn--a xn--\u00fc bücher.example ＡＰＩ.example \u212a.example ſ.example api\u3002example',
  ),
  fc.constantFrom('api.example.com\tevil', 'api.exam\nple.com', 'api.example.com\0', 'a b'),
  fc.domain(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
)

const sloppyUrl = fc
  .tuple(
    mostly(anyOf('https http HTTPS hTTp'), 'ftp', 'javascript', ' https', 'https\t', 'http\n', ''),
    mostly(fc.constant('://'), ':', ':/', ':///', '://\\', ':\\\\', '//', ': //'),
    mostly(fc.constant(''), 'user@', 'user:word@', 'api.example.com@', 'api.example.com:443@', '@', '%40'),
    host,
    mostly(anyOf(' :443 :80 :8443 :65535'), ':0', ':00443', ':65536', ':', ':x', ': 80', ':-1'),
    mostly(anyOf(' / /path ?query #hash'), '\\path', ';', ' ', '\n', '@evil.example', '/@evil', '?@evil'),
  )
  .map((parts) => parts.join(''))

it('names an origin only where the platform’s URL goes to the same one, or nowhere', () => {
  const url = fc.oneof(
    { weight: 3, arbitrary: sloppyUrl },
    fc.webUrl({ withQueryParameters: true }),
    fc.string(),
  )
  fc.assert(
    fc.property(url, (url) => {
      const origin = originOf(url)
      const platforms = platformOrigin(url)

      expect([undefined, platforms]).toContain(origin && platformOrigin(origin))
      // IP addresses can be written in many ways: they are compared as they are written.
      expect(
        origin === undefined || platforms === undefined || IP.test(platforms) || origin === platforms,
      ).toBe(true)
    }),
    { numRuns: 10_000 },
  )
})

it('names the origin of every well-formed URL', () => {
  fc.assert(
    fc.property(
      fc.webUrl({ validSchemes: ['http', 'https'], withQueryParameters: true, withFragments: true }),
      (url) => {
        expect(originOf(url)).toBe(platformOrigin(url))
      },
    ),
    { numRuns: 2_000 },
  )
})

it('calls plain http secure only where it stays on the machine', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((address) => `[${address}]`),
      ),
      (host) => {
        const { origin, hostname } = new URL(`http://${host}`)
        const staysHere = /^127[\d.]+$|^\[::1\]$|(^|\.)localhost$/.test(hostname)

        expect(isSecure(origin)).toBe(staysHere)
      },
    ),
    {
      numRuns: 2_000,
      examples: [['localhost'], ['app.localhost'], ['127.0.0.1'], ['[::1]'], ['127.evil.example']],
    },
  )
})
