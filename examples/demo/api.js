import { createServer } from 'node:http'

/** An API on 127.0.0.1 that wants a good token for everything, and counts what it sees. */
export async function startApi(pool) {
  const seen = { sends: 0, bare: 0 }
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers
    seen.sends++
    if (!authorization) seen.bare++
    const user = await pool.verify(authorization)
    response.writeHead(user ? 200 : 401, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(user ? { hello: user.username } : { message: 'Unauthorized' }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
