import { Readable } from 'node:stream'
import FormDataStream from 'form-data'
import { discard, isOneShot } from '../../src/http/body.js'

test.each<[string, boolean, unknown]>([
  ['a web stream', true, new ReadableStream()],
  ['a web stream that cannot be iterated', true, { getReader: () => undefined }],
  ['a Node stream', true, Readable.from([])],
  ['a form-data stream', true, new FormDataStream()],
  ['an async iterable', true, { [Symbol.asyncIterator]: () => undefined }],
  ['text', false, 'text'],
  ['a blob', false, new Blob(['blob'])],
  ['bytes', false, Buffer.from('bytes')],
  ['a form', false, new FormData()],
  ['no body', false, null],
])('%s can be read only once: %s', (_, once, body) => {
  expect(isOneShot(body)).toBe(once)
})

describe('a body that nobody will read', () => {
  test('is destroyed, if it is a Node stream', () => {
    const stream = Readable.from(['x'])
    discard(stream)
    expect(stream.destroyed).toBe(true)
  })

  test('is cancelled, if it is a web stream', () => {
    let isCancelled = false
    discard(new ReadableStream({ cancel: () => void (isCancelled = true) }))
    expect(isCancelled).toBe(true)
  })

  test('is left to whoever reads it already', async () => {
    const stream = new Blob(['x']).stream()
    const reader = stream.getReader()
    discard(stream)
    expect((await reader.read()).value).toHaveLength(1)
  })
})
