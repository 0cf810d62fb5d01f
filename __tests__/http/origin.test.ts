import { isSecure, originOf } from '../../src/http/origin.js'

describe('originOf', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/v1?x#y', 'https://api.example.com'],
    ['https://api.example.com?x', 'https://api.example.com'],
    ['HTTPS://API.Example.COM:443/', 'https://api.example.com'],
    ['http://api.example.com:80/', 'http://api.example.com'],
    ['http://api.example.com:443/', 'http://api.example.com:443'],
    ['https://api.example.com:8443/', 'https://api.example.com:8443'],
    ['http://[::1]:3000/', 'http://[::1]:3000'],
  ])('%s goes to %s, as every URL parser agrees', (url, origin) => {
    expect(originOf(url)).toBe(origin)
    expect(new URL(url).origin).toBe(origin)
  })

  test.each([
    'https://user:pass@api.example.com/',
    'https://api.example.com@evil.example/',
    'https://api.example.com\\@evil.example/',
    'https:\\\\api.example.com/',
    'https:/api.example.com/',
    'https:api.example.com/',
    ' https://api.example.com/',
    'ht\ntps://api.example.com/',
    'https://api.example.com\t/',
    'https://%61pi.example.com/',
    'https://api。example.com/',
    'https://api.example.com:0443/',
    '//api.example.com/',
    '/relative',
    '',
    'ftp://api.example.com/',
    'javascript:alert(1)',
  ])('%j is not certain, and gets no token', (url) => {
    expect(originOf(url)).toBeUndefined()
  })
})

test('in a worker, which has no document, relative URLs go to its own origin', () => {
  Object.assign(globalThis, { location: { href: 'https://app.example/js/worker.js' } })
  expect(originOf('/users')).toBe('https://app.example')
  Reflect.deleteProperty(globalThis, 'location')
  expect(originOf('/users')).toBeUndefined()
})

test.each([
  ['https://anything.example', true],
  ['http://localhost:3000', true],
  ['http://app.localhost', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]', true],
  ['http://192.168.0.10', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.evil.example', false],
  ['http://evil-localhost', false],
])('a token to %s is safe from eavesdroppers: %s', (origin, safe) => {
  expect(isSecure(origin)).toBe(safe)
})
