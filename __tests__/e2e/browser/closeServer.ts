import type { Server } from 'node:http'

/** Ends its connections as well: browsers keep them open. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((closed) => {
    server
      .close(() => {
        closed()
      })
      .closeAllConnections()
  })
}
