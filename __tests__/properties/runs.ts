/** How many worlds a property visits: a few on every run of the tests, more with `PROPERTY_RUNS=5000`. */
export const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 150)
