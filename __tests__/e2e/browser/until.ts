/** Waits until something holds; five seconds are too long. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 5_000
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`Waited in vain: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
