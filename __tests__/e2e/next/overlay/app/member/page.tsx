import { connection } from 'next/server'

export default async function Member() {
  await connection()
  return <p id="member">Hello</p>
}
