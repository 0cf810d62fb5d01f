/** How many worlds a property visits: a few on every run of the tests, more with `PROPERTY_RUNS=5000`. */
export const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 200)
/** For jest: generous, nothing waits for real time. */
export const LIMIT_MS = 5_000 + RUNS * 100
