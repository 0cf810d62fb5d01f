import { wrapFetch } from 'amplify-bearer'
import { cookies } from 'next/headers'
import { apiOrigin } from './config'
import { session } from './session'

/** For Server Components. */
export const readOnlyApi = () =>
  wrapFetch(fetch, session.readOnlyTokens({ cookies }), { allowedOrigins: [apiOrigin] })

/** For Route Handlers and Server Actions. */
export const api = () => wrapFetch(fetch, session.tokens({ cookies }), { allowedOrigins: [apiOrigin] })
