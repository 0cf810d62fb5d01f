import { sharedMemory } from '../../src/next/memory.js'
import { forgetFlights, freezeDate, passMs } from './app.js'

const DAY_MS = 86_400_000
const MOST = 10_000

beforeEach(() => {
  forgetFlights()
  freezeDate()
})
afterEach(() => {
  jest.useRealTimers()
})

/** As many flights as a process remembers, of which these are the oldest. */
function filled(...oldest: string[]) {
  const memory = sharedMemory()
  for (const key of oldest) memory.open(key)
  for (let index = new Set(oldest).size; index < MOST; index++) memory.open(`other ${index}`)
  return memory
}

test('a flight that nobody asks for is remembered for a day, and for another one when it is opened again', () => {
  const memory = sharedMemory()
  const flight = memory.open('key')
  passMs(DAY_MS)
  expect(memory.find('key')).toBe(flight)
  expect(memory.open('key')).toBe(flight)
  passMs(DAY_MS)
  expect(memory.find('key')).toBe(flight)
  passMs(1)
  expect(memory.find('key')).toBeUndefined()
  expect(memory.open('key')).not.toBe(flight)
})

test('where there are too many, one that has been opened again is forgotten later', () => {
  const memory = filled('first', 'second', 'first')
  expect(memory.find('second')).toBeDefined()
  memory.open('one more')
  expect(memory.find('first')).toBeDefined()
  expect(memory.find('second')).toBeUndefined()
})

test('one that is opened again pushes no other out', () => {
  const memory = filled('first', 'second')
  memory.open('second')
  expect(memory.find('first')).toBeDefined()
})

test('one whose refresh is under way is never pushed out', () => {
  const memory = filled('first', 'second')
  const [first, second] = [memory.find('first'), memory.find('second')]
  if (first) first.calls = 1
  memory.open('one more')
  expect(memory.find('first')).toBe(first)
  expect(memory.find('second')).not.toBe(second)
})
