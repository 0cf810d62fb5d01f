'use client'

import { useQuery } from '@tanstack/react-query'
import { browserApi } from '../../lib/browserApi'
import { apiOrigin } from '../../lib/config'

async function getJson(fetch: typeof globalThis.fetch, url: string) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

/** Asked for again whenever the tab is focused. */
export default function Notes() {
  const direct = useQuery({ queryKey: ['direct'], queryFn: () => getJson(browserApi, `${apiOrigin}/notes`) })
  const routed = useQuery({ queryKey: ['routed'], queryFn: () => getJson(fetch, '/api/notes') })
  return (
    <main>
      <p id="direct">{direct.error?.message ?? direct.data?.notes.length} notes from the API</p>
      <p id="routed">{routed.error?.message ?? routed.data?.notes.length} notes by way of a Route Handler</p>
    </main>
  )
}
