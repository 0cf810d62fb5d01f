import type { ReactNode } from 'react'
import { apiOrigin } from '../../lib/config'
import { readOnlyApi } from '../../lib/serverApi'

/** As dashboards have it: the layout already calls the API. */
export default async function Layout({ children }: { children: ReactNode }) {
  const response = await readOnlyApi()(`${apiOrigin}/me`)
  return (
    <>
      <h1>
        {response.status} {await response.text()}
      </h1>
      {children}
    </>
  )
}
