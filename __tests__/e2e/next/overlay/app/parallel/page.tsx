'use client'

import { useEffect, useState } from 'react'

/** A page that makes eight requests as soon as it is there. */
export default function Parallel() {
  const [statuses, setStatuses] = useState<number[]>([])
  useEffect(() => {
    const requests = Array.from({ length: 8 }, (_, index) => fetch(`/api/whoami?${index}`))
    void Promise.all(requests).then((responses) => setStatuses(responses.map(({ status }) => status)))
  }, [])
  return <pre id="statuses">{JSON.stringify(statuses)}</pre>
}
