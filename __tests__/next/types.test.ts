import type { NextProxy } from 'next/server.js'
import type { ProxyHandler, ServerSession } from '../../src/next/index.js'

test('a proxy is one of Next’s, and takes one of Next’s', () => {
  const wrap = (session: ServerSession, own: NextProxy): NextProxy => session.proxy(own)
  const quiet: ProxyHandler = async () => {
    await Promise.resolve()
  }
  expect([wrap, quiet]).toHaveLength(2)
})
