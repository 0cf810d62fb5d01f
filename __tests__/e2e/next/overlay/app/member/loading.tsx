/** Up to here, with the layout, the page is prefetched. */
export default function Loading() {
  return <p>Loading</p>
}
