/** Rendered when the application is built. */
export default function About() {
  return <p>About</p>
}
