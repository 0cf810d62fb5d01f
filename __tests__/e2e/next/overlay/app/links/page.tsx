'use client'

import Link from 'next/link'
import { useState } from 'react'

/** Links are prefetched as soon as they are there. */
export default function Links() {
  const [isThere, setThere] = useState(false)
  return isThere ? (
    <Link href="/member">The member's page</Link>
  ) : (
    <button onClick={() => setThere(true)}>Show</button>
  )
}
